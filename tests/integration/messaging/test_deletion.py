"""Deletion of single messages leaves correct inboxes of both participants."""

import pytest
from django.db.models import ProtectedError
from zeal import zeal_context

from messaging.models import Message, MessageHistory, Participant
from notifications.models import Notification


@pytest.fixture(params=["instance", "queryset"])
def delete(request):
    def by_instance(message):
        with zeal_context():  # Count the queries separately for each deletion.
            Message.objects.get(pk=message.pk).delete()

    def by_queryset(message):
        Message.objects.filter(pk=message.pk).delete()

    return by_instance if request.param == "instance" else by_queryset


def test_inbox_shows_the_previous_message_after_a_deletion(
    delete, message, alice, bob, write, unread_of, wrong_counters
):
    delete(write(alice, bob, "latest"))

    assert set(Participant.objects.values_list("last_message", flat=True)) == {message.pk}
    assert unread_of(bob) == 1
    assert wrong_counters() == []


def test_deleting_an_earlier_message_keeps_the_last(
    delete, message, alice, bob, write, unread_of, wrong_counters
):
    last = write(alice, bob)

    delete(message)
    assert set(Participant.objects.values_list("last_message", flat=True)) == {last.pk}
    assert (unread_of(bob), wrong_counters()) == (1, [])


def test_deleting_the_only_message_empties_the_inbox(
    delete, message, alice, bob, unread_of, write, wrong_counters
):
    delete(message)

    assert not Participant.objects.inbox_rows(bob).exists()
    assert unread_of(bob) == 0
    assert write(bob, alice).conversation_id == message.conversation_id
    assert wrong_counters() == []


def test_deletion_deletes_history_and_notifications_of_the_message(delete, message, alice, bob, write):
    other = write(alice, bob)
    message.edit("Changed", by=alice)

    delete(message)
    assert not MessageHistory.objects.exists()
    assert Notification.objects.get().message == other


def test_message_with_replies_cannot_be_deleted(delete, message, reply, wrong_counters):
    with pytest.raises(ProtectedError):
        delete(message)

    assert set(Message.objects.all()) == {message, reply}
    assert wrong_counters() == []


def test_reply_and_then_its_parent_can_be_deleted(delete, message, reply, wrong_counters):
    delete(reply)
    delete(message)

    assert not Message.objects.exists()
    assert wrong_counters() == []


def test_many_messages_of_many_people_can_be_deleted_at_once(alice, bob, charlie, write, wrong_counters):
    kept = write(alice, bob, "stays")
    for sender, receiver in [(alice, bob), (charlie, bob), (bob, charlie), (alice, charlie)]:
        write(sender, receiver, "goes")

    Message.objects.filter(content="goes").delete()
    assert list(Message.objects.all()) == [kept]
    assert wrong_counters() == []


def test_deleting_a_reply_leaves_its_siblings_in_order(message, alice, bob, write):
    replies = [write(bob, alice, str(number), parent_message=message) for number in range(3)]

    replies[1].delete()
    assert [reply.content for reply in message.get_all_replies()] == ["0", "2"]
