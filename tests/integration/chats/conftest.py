"""Threads and inboxes to look at."""

import random
import time

import pytest

from accounts.models import User
from chats import cached_pages
from messaging.models import Message, MessageHistory
from notifications.models import Notification


@pytest.fixture
def thread_of(alice, bob):
    """Make a thread: alice's first message, and this many replies, each to the one before it."""

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
    """What there can be more and more of. alice and bob have a thread, to which each wrote."""

    def __init__(self, alice, bob):
        self.alice, self.bob, self.people_made = alice, bob, 0
        self.root = self.last = Message.objects.create(sender=alice, receiver=bob, content="root")
        self.own = Message.objects.create(sender=bob, receiver=alice, content="own", parent_message=self.root)
        self.notification = Notification.objects.get(user=bob).pk

    def people(self, count):
        """Each writes to bob."""
        numbers = range(self.people_made, self.people_made + count)
        made = User.objects.bulk_create(User(username=f"person{n}", password="!") for n in numbers)
        Message.objects.bulk_create(Message(sender=p, receiver=self.bob, content="hello") for p in made)
        self.people_made += count

    def replies(self, count):
        """alice answers the first message again and again."""
        fields = {"sender": self.alice, "receiver": self.bob, "parent_message": self.root}
        made = (Message(**fields, content="reply") for _ in range(count))
        self.last = Message.objects.bulk_create(made)[-1]

    def replies_read(self, count):
        self.replies(count)
        Message.objects.mark_read(self.bob, self.root.conversation_id, up_to=self.last.pk)

    def chain(self, count):
        """Each answers the one before."""
        made = [self.last]
        for number in range(count):
            people = (self.alice, self.bob)[:: 1 if number % 2 else -1]
            made.append(Message(sender=people[0], receiver=people[1], content="x", parent_message=made[-1]))
        self.last = Message.objects.bulk_create(made[1:])[-1]

    def threads(self, count):
        """alice begins one after the other."""
        self.last = Message.objects.bulk_create(
            Message(sender=self.alice, receiver=self.bob, content="hello") for _ in range(count)
        )[-1]

    def edits(self, count, message=None):
        """What the first message said before, or another."""
        fields = {"message": message or self.root, "old_content": "before", "edited_by": self.alice}
        MessageHistory.objects.bulk_create(MessageHistory(**fields) for _ in range(count))

    def at(self, text: str) -> str:
        """The text with ids in it."""
        ids = {"root": self.root.pk, "last": self.last.pk, "own": self.own.pk,
               "conversation": self.root.conversation_id}  # fmt: skip
        return text.format(**ids, notification=self.notification)


@pytest.fixture
def growth(alice, bob):
    return Growth(alice, bob)


@pytest.fixture
def slow_readers(monkeypatch):
    """Now and then a commit happens between a reader's look at the database and the storing of the page."""
    choose, store = random.Random(7), cached_pages._store

    def later(*args):
        time.sleep(choose.choice([0, 0, 0, 0.002, 0.005]))
        store(*args)

    monkeypatch.setattr(cached_pages, "_store", later)
