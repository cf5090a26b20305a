"""Reading messages marks the notifications of exactly these messages."""

import pytest
from django.db import connection

from messaging.models import Message
from notifications.models import Notification


def unread():
    return list(Notification.objects.unread().order_by("message").values_list("message", flat=True))


def test_reading_marks_the_notifications_of_the_read_messages(alice, bob, write):
    first, second, third = (write(alice, bob) for _ in range(3))

    Message.objects.mark_conversation_read(bob, first.conversation_id, up_to=second.pk)
    assert unread() == [third.pk]


def test_reading_one_message_marks_one_notification(alice, bob, write):
    first, second, third = (write(alice, bob) for _ in range(3))

    second.mark_read()
    assert unread() == [first.pk, third.pk]


def test_reading_some_messages_leaves_the_notifications_of_the_others(message, alice, bob, write):
    reply, outside = write(alice, bob, parent_message=message), write(alice, bob)

    Message.objects.mark_seen(bob, [message.pk, reply.pk])
    assert unread() == [outside.pk]


def test_reading_leaves_the_notifications_of_the_counterpart(message, alice, bob, write):
    answer = write(bob, alice)

    Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=answer.pk)
    assert unread() == [answer.pk]


def test_reading_leaves_other_conversations(message, bob, charlie, write):
    other = write(charlie, bob)

    Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=other.pk)
    assert unread() == [other.pk]


def test_charlie_s_reading_marks_nothing(message, charlie):
    Message.objects.mark_conversation_read(charlie, message.conversation_id, up_to=message.pk)

    assert unread() == [message.pk]


@pytest.mark.parametrize("fields", [None, ["read"]])
def test_a_message_saved_as_read_has_a_notification_that_is_read(fields, message):
    message.read = True
    message.save(update_fields=fields)

    assert unread() == []


@pytest.mark.django_db(transaction=True)
def test_marking_notifications_and_reading_messages_at_once_do_not_deadlock(alice, bob, write_many, at_once):
    sent = write_many(alice, bob, 2_000)
    # Store the rows in descending order of their ids, because after years the physical order differs too.
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE aside AS SELECT * FROM notifications_notification")
        cursor.execute("TRUNCATE notifications_notification")
        cursor.execute("INSERT INTO notifications_notification SELECT * FROM aside ORDER BY id DESC")
        cursor.execute("DROP TABLE aside")

    def read():
        return Message.objects.mark_conversation_read(bob, sent[0].conversation_id, up_to=sent[-1].pk)

    def mark():
        return Message.objects.mark_all_read(bob)

    counts = at_once(*[read, mark] * 4)
    assert sum(counts) == 2_000
    assert unread() == []
