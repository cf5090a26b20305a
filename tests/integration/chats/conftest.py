"""Fixtures that make threads and inboxes."""

import random
import time

import pytest

from accounts.models import User
from caching import private_pages
from messaging.models import Message, MessageHistory
from notifications.models import Notification


@pytest.fixture
def thread_of(alice, bob):
    """Create a thread with `replies` replies to a first message of alice.

    In a "chain" each reply answers the previous one. Otherwise each answers the first message.
    """

    def make(replies: int, shape="chain"):
        root = Message.objects.create(sender=alice, receiver=bob, content="root")
        parent, made = root, []
        for number in range(replies):
            sender, receiver = (bob, alice) if number % 2 == 0 else (alice, bob)
            reply = Message(
                sender=sender, receiver=receiver, content=f"reply {number}", parent_message=parent
            )
            made.append(reply)
            parent = reply if shape == "chain" else root
        Message.objects.bulk_create(made)
        return root

    return make


class Growth:
    """Rows of which a test can add any number.

    alice and bob have a thread, in which each has written a message.
    """

    def __init__(self, alice, bob):
        self.alice, self.bob, self.people_made = alice, bob, 0
        self.root = self.last = Message.objects.create(sender=alice, receiver=bob, content="root")
        self.own = Message.objects.create(sender=bob, receiver=alice, content="own", parent_message=self.root)
        self.notification = Notification.objects.get(user=bob).message_id

    def people(self, count):
        """Create users who each send one message to bob."""
        numbers = range(self.people_made, self.people_made + count)
        made = User.objects.bulk_create(User(username=f"person{n}", password="!") for n in numbers)
        Message.objects.bulk_create(Message(sender=p, receiver=self.bob, content="hello") for p in made)
        self.people_made += count

    def replies(self, count):
        """Add replies of alice to the first message."""
        fields = {"sender": self.alice, "receiver": self.bob, "parent_message": self.root}
        made = (Message(**fields, content="reply") for _ in range(count))
        self.last = Message.objects.bulk_create(made)[-1]

    def replies_read(self, count):
        self.replies(count)
        Message.objects.mark_conversation_read(self.bob, self.root.conversation_id, up_to=self.last.pk)

    def chain(self, count):
        """Add replies of which each answers the previous one."""
        made = [self.last]
        for number in range(count):
            people = (self.alice, self.bob)[:: 1 if number % 2 else -1]
            made.append(Message(sender=people[0], receiver=people[1], content="x", parent_message=made[-1]))
        self.last = Message.objects.bulk_create(made[1:])[-1]

    def threads(self, count):
        """Start threads of alice with bob, one message each."""
        self.last = Message.objects.bulk_create(
            Message(sender=self.alice, receiver=self.bob, content="hello") for _ in range(count)
        )[-1]

    def answered(self, count):
        """Start threads of alice with bob, with an unread reply of alice in each."""
        fields = {"sender": self.alice, "receiver": self.bob}
        roots = Message.objects.bulk_create(Message(**fields, content="hello") for _ in range(count))
        made = (Message(**fields, content="again", parent_message=root) for root in roots)
        self.last = Message.objects.bulk_create(made)[-1]

    def edits(self, count, message=None):
        """Add rows to the history of the first message, or of another."""
        fields = {"message": message or self.root, "old_content": "before", "edited_by": self.alice}
        MessageHistory.objects.bulk_create(MessageHistory(**fields) for _ in range(count))

    def at(self, text: str) -> str:
        """Fill the ids of these rows into a text."""
        ids = {"root": self.root.pk, "last": self.last.pk, "own": self.own.pk,
               "conversation": self.root.conversation_id}  # fmt: skip
        return text.format(**ids, notification=self.notification)


@pytest.fixture
def growth(alice, bob):
    return Growth(alice, bob)


@pytest.fixture
def slow_readers(monkeypatch):
    """Delay some writes of pages to the cache.

    A commit can then happen after a page has read the database and before it is stored.
    """
    choose, store = random.Random(7), private_pages.store_page

    def later(*args):
        time.sleep(choose.choice([0, 0, 0, 0.002, 0.005]))
        store(*args)

    monkeypatch.setattr(private_pages, "store_page", later)
