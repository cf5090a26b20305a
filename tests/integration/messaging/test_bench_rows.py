"""`make bench` compares Bobbin's rows with those of hand-written SQL, and stops when they differ."""

import pytest

from bench import raw
from bench.measure import measure
from bench.workloads import lists, thread
from messaging.models import Message

WORKLOADS = {
    "unread list": lambda reader, root: lists.unread(reader),
    "inbox": lambda reader, root: lists.inbox(reader),
    "whole thread": lambda reader, root: thread.whole("whole thread", root),
    "page of a thread": lambda reader, root: thread.page("page of a thread", root, root),
}


@pytest.fixture
def root(transactional_db, alice, bob):
    first = Message.objects.create(sender=alice, receiver=bob, content="How are you? " * 40)
    for number in range(3):
        Message.objects.create(sender=alice, receiver=bob, content=f"No. {number}", parent_message=first)
    yield first.pk
    raw.close()


@pytest.mark.parametrize("name", WORKLOADS)
def test_benchmark_and_hand_written_sql_return_the_same_rows(root, bob, name):
    assert set(measure(WORKLOADS[name](bob, root), rounds=1)) == {"raw SQL", "Bobbin"}
