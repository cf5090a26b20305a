"""A message creates one notification for its receiver.

No other user sees it or can mark it.
"""

from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models.signals import post_save

from messaging.models import Message
from messaging.signals import messages_created_in_bulk
from notifications import receivers
from notifications.models import Notification


def test_message_notifies_its_receiver_with_the_name_of_the_sender(message, bob):
    notification = Notification.objects.get()

    assert (notification.user, notification.message) == (bob, message)
    assert notification.content == "New message from alice"
    assert not notification.read


def test_reply_notifies_the_other_member(message, alice, bob, write):
    write(bob, alice, parent_message=message)

    assert Notification.objects.for_user(alice).get().content == "New message from bob"


def test_saving_a_message_again_creates_no_notification(message, alice):
    message.save()
    message.edit("Changed", by=alice)
    message.mark_read()

    assert Notification.objects.count() == 1


def test_message_that_is_rolled_back_creates_no_notification(alice, bob, write):
    with pytest.raises(RuntimeError), transaction.atomic():
        write(alice, bob)
        raise RuntimeError("the request failed")

    assert not Notification.objects.exists()


def test_a_message_whose_notification_fails_is_not_sent(alice, bob, write, monkeypatch):
    def fail(self, messages):
        raise IntegrityError("no room")

    monkeypatch.setattr("notifications.models.NotificationQuerySet.create_for", fail)
    with pytest.raises(IntegrityError), transaction.atomic():
        write(alice, bob)
    assert not Message.objects.exists()


def test_notification_has_the_name_of_a_sender_given_by_id(alice, bob):
    Message.objects.create(sender_id=alice.pk, receiver_id=bob.pk, content="Hello")

    assert Notification.objects.get().content == "New message from alice"


def test_the_longest_name_fits(member, bob, write):
    write(member("n" * 150), bob)

    assert Notification.objects.get().content.endswith("n" * 150)


def test_messages_create_notifications_only_with_the_receiver_connected(alice, bob, write, without):
    name = {"sender": Message, "dispatch_uid": "notifications.notify_receiver"}
    without(post_save, Message, name["dispatch_uid"])
    write(alice, bob)
    assert not Notification.objects.exists()

    post_save.connect(receivers.notify_receiver, **name)
    write(alice, bob)
    assert Notification.objects.count() == 1


def test_bulk_without_its_receiver_creates_no_notification(alice, bob, write_many, without):
    without(messages_created_in_bulk, Message, "notifications.notify_receivers")

    write_many(alice, bob, 3)
    assert not Notification.objects.exists()


@pytest.mark.parametrize("size", [1, 10, 100, 1_000])
def test_rows_of_the_page_are_one_query(size, alice, bob, write_many, django_assert_num_queries):
    last = write_many(alice, bob, size)[-1]

    with django_assert_num_queries(1):
        rows = list(Notification.objects.for_user(bob).rows())
    assert len(rows) == size
    assert (rows[0].message_id, rows[0].read) == (last.pk, False)


def test_page_continues_after_the_given_row(alice, bob, write_many):
    write_many(alice, bob, 5)

    rows = list(Notification.objects.for_user(bob).rows())
    assert list(Notification.objects.for_user(bob).rows(before=rows[2].message_id)) == rows[3:]


@pytest.mark.parametrize("size", [1, 10, 100, 1_000])
def test_marking_all_makes_a_constant_number_of_queries(
    size, alice, bob, write_many, django_assert_num_queries
):
    write_many(alice, bob, size)

    with django_assert_num_queries(2):  # Messages and notifications.
        assert Message.objects.mark_all_read(bob) == size


def test_one_can_be_marked_alone(alice, bob, write_many):
    write_many(alice, bob, 3)
    first = Notification.objects.earliest("pk")

    mark = partial(Message.objects.mark_seen, bob, [first.message_id])
    assert (mark(), mark()) == (1, 0)
    assert Notification.objects.unread().count() == 2


def test_marking_all_marks_only_the_own_notifications(message, alice, bob, write):
    write(bob, alice)

    assert Message.objects.mark_all_read(bob) == 1
    assert Notification.objects.unread().get().user == alice


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_notification_of_another_member_cannot_be_marked(who, message, request):
    other = request.getfixturevalue(who)

    assert Message.objects.mark_seen(other, [message.pk]) == 0
    assert not Notification.objects.for_user(other).exists()
    assert not Notification.objects.get().read


def test_notification_cannot_be_marked_without_its_message(message):
    with pytest.raises(TypeError, match="A notification is read when"):
        Notification.objects.update(read=True)

    assert Notification.objects.update(content="x") == 1
