"""Concurrent users: no deadlock, no lost message, exact counters."""

import itertools
import threading
import uuid

import pytest

from messaging.models import Conversation, Message, Participant
from messaging.sending import send
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)


def test_1000_crossing_sends_neither_deadlock_nor_miscount(
    alice, bob, write, at_once, unread_of, wrong_counters
):
    def talk(sender, receiver):
        return [write(sender, receiver, f"{sender} {number}").pk for number in range(125)]

    ways = [(alice, bob), (bob, alice)] * 4
    sent = at_once(*(lambda way=way: talk(*way) for way in ways))

    assert sorted(pk for pks in sent for pk in pks) == sorted(Message.objects.values_list("pk", flat=True))
    assert Notification.objects.count() == Message.objects.count() == 1_000
    assert (unread_of(alice), unread_of(bob)) == (500, 500)
    assert wrong_counters() == []


def test_committed_messages_appear_in_the_order_of_their_ids(alice, bob, write, at_once):
    """The ids of a conversation are committed in order, so "read up to 7" misses no message."""
    written = threading.Event()
    seen: list[set[int]] = [set()]

    def talk(sender, receiver):
        for _ in range(60):
            write(sender, receiver)

    def watch():
        while not written.is_set():
            seen.append(set(Message.objects.values_list("pk", flat=True)))

    def all_talk():
        ways = [(alice, bob), (bob, alice)] * 3
        errors = at_once(*(lambda way=way: talk(*way) for way in ways))
        written.set()
        return errors

    assert at_once(all_talk, watch)[0] == [None] * 6
    assert len(seen) > 10
    for before, after in itertools.pairwise(seen):
        assert min(after - before, default=2**63) > max(before, default=0)


def test_first_messages_from_both_sides_at_once_open_one_conversation(member, write, at_once, wrong_counters):
    pairs = [(member(f"a{number}"), member(f"b{number}")) for number in range(10)]
    ways = [way for one, other in pairs for way in ((one, other), (other, one))]

    sent = at_once(*(lambda way=way: write(*way).conversation_id for way in ways))
    assert sent[::2] == sent[1::2]
    assert (Conversation.objects.count(), Participant.objects.count()) == (10, 20)
    assert wrong_counters() == []


def test_bulks_to_the_same_people_in_another_order_do_not_deadlock(alice, member, at_once, wrong_counters):
    people = [member(f"member{number}") for number in range(20)]

    def invite(order):
        for _ in range(5):
            Message.objects.bulk_create(Message(sender=alice, receiver=p, content="Hi") for p in order)

    assert at_once(*[lambda: invite(people), lambda: invite(people[::-1])] * 3) == [None] * 6
    assert Message.objects.count() == 600
    assert wrong_counters() == []


def test_reading_writing_and_editing_at_once_leave_correct_counters(
    message, alice, bob, write, at_once, wrong_counters
):
    def read():
        for _ in range(40):
            Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=2**53)

    def change():
        for number in range(40):
            Message.objects.get(pk=message.pk).edit(f"Text {number}", by=alice)

    def flag():
        for number in range(40):
            copy = Message.objects.get(pk=message.pk)
            copy.read = number % 2 == 0
            copy.save()

    def send(*people):
        return lambda: [write(*people) for _ in range(125)] and None

    steps = [read, read, change, flag, send(alice, bob), send(alice, bob), send(bob, alice), send(alice, bob)]
    assert at_once(*steps) == [None] * len(steps)
    assert wrong_counters() == []
    assert message.history.count() == 40


def test_messages_read_twice_at_once_are_counted_once(
    alice, bob, write_many, at_once, unread_of, wrong_counters
):
    last = write_many(alice, bob, 50)[-1]

    def read():
        return Message.objects.mark_conversation_read(bob, last.conversation_id, up_to=last.pk)

    assert sorted(at_once(*[read] * 8)) == [0] * 7 + [50]
    assert (unread_of(bob), wrong_counters()) == (0, [])


def test_deleting_and_writing_at_once_leave_correct_counters(
    alice, bob, write, write_many, at_once, wrong_counters
):
    sent = write_many(alice, bob, 40)

    def delete(some):
        for message in some:
            message.delete()

    def send():
        for _ in range(20):
            write(alice, bob)

    assert at_once(lambda: delete(sent[:20]), lambda: delete(sent[20:]), send, send) == [None] * 4
    assert Message.objects.count() == 40
    assert wrong_counters() == []


@pytest.mark.parametrize("how", ["read", "send"])
def test_recount_waits_for_a_change_of_the_counters(how, alice, bob, write, meanwhile, wrong_counters):
    first, second = write(alice, bob), write(alice, bob)
    change = first.mark_read if how == "read" else lambda: write(alice, bob)

    assert meanwhile(change, second.delete) == [None, None]
    assert wrong_counters() == []


def test_a_change_of_the_counters_waits_for_a_recount(alice, bob, write, meanwhile, wrong_counters):
    first, second = write(alice, bob), write(alice, bob)

    assert meanwhile(second.delete, first.mark_read) == [None, None]
    assert wrong_counters() == []


def test_the_same_form_sent_many_times_at_once_is_one_message(alice, bob, at_once, wrong_counters):
    form = {"sender": alice, "receiver": bob, "content": "Hello", "client_id": uuid.uuid4()}

    assert len({message.pk for message in at_once(*[lambda: send(Message(**form))] * 8)}) == 1
    assert Notification.objects.count() == 1
    assert wrong_counters() == []
