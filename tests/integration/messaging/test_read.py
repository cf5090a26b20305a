"""Marking messages as read changes the flag and the counter together, and no other messages."""

import pytest
from django.utils import timezone

from messaging.models import Message


def test_reading_marks_received_messages_up_to_the_given_one(alice, bob, write, unread_of, wrong_counters):
    first, second, third = (write(alice, bob) for _ in range(3))

    assert Message.objects.mark_conversation_read(bob, first.conversation_id, up_to=second.pk) == 2
    assert list(Message.unread.for_user(bob)) == [third]
    assert unread_of(bob) == 1
    assert wrong_counters() == []


MARKS = {
    "these": lambda reader, message: Message.objects.mark_seen(reader, [message.pk]),
    "conversation": lambda reader, message: Message.objects.mark_conversation_read(
        reader, message.conversation_id, up_to=message.pk
    ),
    "all": lambda reader, message: Message.objects.mark_all_read(reader, up_to=message.pk),
    "one": lambda reader, message: message.mark_read(),
    "saved": lambda reader, message: (setattr(message, "read", True), message.save()),
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_time_of_reading_is_kept_until_the_message_is_unread(mark, message, bob):
    before = timezone.now()
    mark(bob, message)
    read_at = Message.objects.get().read_at
    assert before <= read_at <= timezone.now()

    mark(bob, Message.objects.get())
    assert Message.objects.get().read_at == read_at
    Message.objects.get().mark_unread()
    assert Message.objects.get().read_at is None


def test_copy_from_before_the_reading_keeps_the_time(message, bob):
    copy = Message.objects.get()
    message.mark_read()
    copy.content = "Edited meanwhile"
    copy.save()

    assert Message.objects.get().read_at is not None


def test_reading_again_changes_nothing(message, bob, unread_of):
    Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=message.pk)

    assert Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=message.pk) == 0
    assert unread_of(bob) == 0


@pytest.mark.parametrize("mark", ["mark_conversation_read", "mark_all_read"])
def test_reading_again_publishes_nothing(message, bob, mark, django_capture_on_commit_callbacks):
    where = {"conversation_id": message.conversation_id} if mark == "mark_conversation_read" else {}
    published = []
    for _ in range(2):
        with django_capture_on_commit_callbacks() as callbacks:
            getattr(Message.objects, mark)(bob, up_to=message.pk, **where)
        published.append(len(callbacks))

    assert published == [1, 0]


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_only_the_receiver_can_read_a_message(who, message, bob, charlie, unread_of, request):
    reader = request.getfixturevalue(who)

    assert Message.objects.mark_conversation_read(reader, message.conversation_id, up_to=message.pk) == 0
    assert unread_of(bob) == 1


def test_reading_one_conversation_leaves_the_others(message, charlie, bob, write, unread_of):
    write(charlie, bob)

    Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=2**53)
    assert unread_of(bob) == 1


def test_reading_some_messages_leaves_the_others(message, alice, bob, write, wrong_counters):
    inside, outside = write(alice, bob, parent_message=message), write(alice, bob)

    assert Message.objects.mark_seen(bob, [message.pk, inside.pk]) == 2
    assert list(Message.unread.for_user(bob)) == [outside]
    assert inside.pk not in Message.unread.values_list("pk", flat=True)
    assert wrong_counters() == []


def test_one_message_can_be_read_alone(alice, bob, write, unread_of):
    first, second, third = (write(alice, bob) for _ in range(3))

    assert (second.mark_read(), second.mark_read()) == (1, 0)
    assert second.read
    assert set(Message.unread.for_user(bob)) == {first, third}
    assert unread_of(bob) == 2


def test_a_message_of_the_unread_list_can_be_marked(message, bob, unread_of):
    assert Message.unread.for_user(bob).get().mark_read() == 1
    assert unread_of(bob) == 0


@pytest.mark.parametrize("fields", [None, ["read"]])
def test_counters_are_right_after_a_change_by_save(fields, message, bob, unread_of, wrong_counters):
    message.read = True
    message.save(update_fields=fields)
    assert unread_of(bob) == 0

    message.read = False
    message.save(update_fields=fields)
    assert unread_of(bob) == 1
    assert wrong_counters() == []


def test_stale_copy_saved_with_the_flag_keeps_the_counter_correct(message, bob, unread_of, wrong_counters):
    stale = Message.objects.get()
    message.mark_read()

    stale.save(update_fields=["read"])
    assert unread_of(bob) == 1
    assert wrong_counters() == []
