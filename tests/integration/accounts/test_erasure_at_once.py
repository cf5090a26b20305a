"""Erasure while other users write.

A message is either erased with the account or refused. No row is left without its account.
"""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from zeal import zeal_ignore

from accounts.models import User
from messaging.models import Conversation, Message, Participant
from messaging.sending import send
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)


def keep_writing(sender, receiver, times=30):
    """Send messages until one is refused with the code "gone", or until `times` messages are sent."""
    for number in range(times):
        try:
            send(Message(sender=sender, receiver=receiver, content=f"Message {number}"))
        except ValidationError as refused:
            if refused.code != "gone":
                raise
            return


def erase(user):
    User.objects.get(pk=user.pk).delete()


def nothing_is_left_of(*users):
    assert not User.objects.filter(pk__in=[user.pk for user in users]).exists()
    for user in users:
        assert not Conversation.objects.filter(low=user).exists()
        assert not Conversation.objects.filter(high=user).exists()
        assert not Message.objects.visible_to(user).exists()
        assert not Participant.objects.filter(user=user).exists()
        assert not Notification.objects.for_user(user).exists()


@pytest.mark.parametrize("round_", range(5))
def test_erasure_while_others_write_to_the_member(round_, alice, member, write, at_once, wrong_counters):
    friends = [member(f"friend{number}") for number in range(6)]
    for friend in friends:
        write(friend, alice)

    calls = [partial(keep_writing, friend, alice) for friend in friends]
    assert at_once(partial(erase, alice), *calls) == [None] * 7
    nothing_is_left_of(alice)
    assert wrong_counters() == []


@pytest.mark.parametrize("round_", range(5))
def test_erasure_while_strangers_write_for_the_first_time(round_, alice, member, at_once, wrong_counters):
    strangers = [member(f"stranger{number}") for number in range(6)]

    calls = [partial(keep_writing, stranger, alice) for stranger in strangers]
    assert at_once(*calls[:3], partial(erase, alice), *calls[3:]) == [None] * 7
    nothing_is_left_of(alice)
    assert wrong_counters() == []


def test_two_counterparts_erased_at_once(alice, bob, charlie, write_many, at_once, wrong_counters):
    for people in [(alice, bob), (bob, alice), (alice, charlie), (charlie, bob)]:
        write_many(*people, 200)

    assert at_once(partial(erase, alice), partial(erase, bob)) == [None, None]
    nothing_is_left_of(alice, bob)
    assert not Message.objects.exists()
    assert list(User.objects.all()) == [charlie]


def test_a_ring_of_members_erased_at_once(member, write, at_once):
    people = [member(f"member{number}") for number in range(8)]
    for person in people:
        for other in people:
            if person != other:
                write(person, other)

    assert at_once(*(partial(erase, person) for person in people)) == [None] * 8
    nothing_is_left_of(*people)
    assert not Conversation.objects.exists()


def test_erasing_one_member_twice_at_once_is_one_erasure(message, alice, bob, at_once):
    with zeal_ignore():  # Four browsers load the same account.
        copies = [User.objects.get(pk=alice.pk) for _ in range(4)]

    assert at_once(*(lambda copy=copy: copy.delete() and None for copy in copies)) == [None] * 4
    nothing_is_left_of(alice)
    assert list(User.objects.all()) == [bob]


@pytest.mark.parametrize("how", ["send", "bulk", "edit", "read", "delete"])
@pytest.mark.parametrize("who", ["alice", "bob"])
def test_an_erasure_waits_for_a_change_that_is_under_way(
    how, who, alice, bob, write, meanwhile, wrong_counters
):
    sent, received = write(alice, bob), write(bob, alice)
    change = {
        "send": lambda: send(Message(sender=alice, receiver=bob, content="One more")),
        "bulk": lambda: Message.objects.bulk_create(
            [Message(sender=bob, receiver=alice, content="One more")]
        ),
        "edit": lambda: sent.edit("Changed", by=alice),
        "read": received.mark_read,
        "delete": sent.delete,
    }[how]
    gone = {"alice": alice, "bob": bob}[who]

    assert meanwhile(change, partial(erase, gone)) == [None, None]
    nothing_is_left_of(gone)
    assert wrong_counters() == []


def test_erasure_waits_for_the_first_message_of_a_stranger(alice, bob, write, meanwhile):
    assert meanwhile(lambda: write(bob, alice), partial(erase, alice)) == [None, None]
    nothing_is_left_of(alice)


def test_message_to_a_member_during_the_erasure_is_refused(alice, bob, write, meanwhile):
    write(bob, alice)

    calls = (partial(erase, alice), lambda: send(Message(sender=bob, receiver=alice, content="Too late")))
    done, refused = meanwhile(*calls)
    assert (done, refused.code) == (None, "gone")
    nothing_is_left_of(alice)


def test_erasure_while_the_counterpart_reads_and_edits(alice, bob, write_many, at_once, wrong_counters):
    last = write_many(alice, bob, 100)[-1]
    mine = write_many(bob, alice, 20)

    def read():
        for _ in range(20):
            Message.objects.mark_conversation_read(bob, last.conversation_id, up_to=last.pk)
            Message.objects.mark_all_read(bob)

    def edit():
        for message in mine:
            try:
                message.edit("Changed", by=bob)
            except Message.DoesNotExist:  # The message was erased.
                return

    assert at_once(read, edit, partial(erase, alice)) == [None] * 3
    nothing_is_left_of(alice)
    assert wrong_counters() == []
    connection.check_constraints()
