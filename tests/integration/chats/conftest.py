"""Threads and inboxes to look at."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Message


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


@pytest.fixture
def count_queries():
    """Call a function, and return how many queries it made."""

    def count(call, *args) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = call(*args)
            assert response.status_code == 200, response
        # BEGIN and COMMIT are no work of ours.
        return len(
            [q for q in queries if q["sql"].split()[0] not in {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"}]
        )

    return count
