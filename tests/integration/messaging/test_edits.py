"""An edit keeps the previous text, and concurrent edits keep every text."""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.db.models.signals import pre_save
from zeal import zeal_ignore

from messaging.models import Message, MessageHistory
from notifications.models import Notification


def kept(message):
    return list(message.history.order_by("pk").values_list("old_content", flat=True))


def test_edit_keeps_the_previous_text_and_sets_the_flag(message, alice):
    message.edit("Good evening, Bob", by=alice)

    stored = Message.objects.get()
    assert (stored.content, stored.edited, message.edited) == ("Good evening, Bob", True, True)
    assert kept(message) == ["Good morning, Bob"]
    assert message.history.get().edited_by == alice


def test_every_edit_keeps_one_more_text(message, alice):
    for text in ("second", "third", "fourth"):
        message.edit(text, by=alice)

    assert kept(message) == ["Good morning, Bob", "second", "third"]


def test_an_edit_is_cleaned_and_checked_like_a_new_message(message, alice):
    message.edit(" \r\ntidy\r\n", by=alice)
    assert Message.objects.get().content == "tidy"

    with pytest.raises(ValidationError, match="cannot be empty"):
        message.edit("  ", by=alice)
    assert kept(message) == ["Good morning, Bob"]


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_neither_the_receiver_nor_charlie_can_edit(who, message, request):
    with pytest.raises(PermissionDenied):
        message.edit("I never said that", by=request.getfixturevalue(who))

    assert (Message.objects.get().content, message.content) == ("Good morning, Bob",) * 2
    assert not MessageHistory.objects.exists()


def test_staff_who_may_change_messages_edit_in_their_own_name(message, charlie):
    charlie.user_permissions.add(Permission.objects.get(codename="change_message"))

    message.edit("Removed", by=charlie)
    assert message.history.get().edited_by == charlie


@pytest.mark.parametrize("fields", [None, ["content"], ["content", "timestamp"]])
def test_saving_a_changed_text_keeps_history_and_flag(fields, message, alice):
    message.content = "Changed"
    message.save(update_fields=fields)

    stored = Message.objects.get()
    assert (stored.content, stored.edited, kept(message)) == ("Changed", True, ["Good morning, Bob"])
    assert message.history.get().edited_by == alice


@pytest.mark.parametrize("fields", [None, ["content"]])
def test_saving_unchanged_content_leaves_no_history(fields, message):
    message.save(update_fields=fields)
    message.content += "  "
    message.save(update_fields=fields)

    assert not Message.objects.get().edited
    assert kept(message) == []


def test_an_edit_to_the_same_text_leaves_no_history_and_keeps_the_flag(message, alice):
    message.edit("second", by=alice)
    message.edit("second", by=alice)

    assert kept(message) == ["Good morning, Bob"]
    assert Message.objects.get().edited


def test_saving_other_fields_does_not_save_a_changed_text(message):
    message.content, message.read = "Changed", True
    message.save(update_fields=["read"])
    assert Message.objects.get().content == "Good morning, Bob"

    message.save()
    assert Message.objects.get().content == "Changed"
    assert kept(message) == ["Good morning, Bob"]


@pytest.mark.parametrize("fields", [None, ["content"]])
@pytest.mark.django_db(transaction=True)
def test_a_failed_save_leaves_no_history_and_no_flag(fields, message):
    message.content, message.parent_message_id = "Changed", message.pk
    with pytest.raises(DatabaseError):
        message.save(update_fields=fields and [*fields, "parent_message"])

    stored = Message.objects.get()
    assert (stored.content, stored.edited) == ("Good morning, Bob", False)
    assert not MessageHistory.objects.exists()


def test_an_edit_neither_notifies_again_nor_marks_unread(message, alice, bob, unread_of):
    message.mark_read()
    message.edit("second", by=alice)

    assert Notification.objects.count() == 1
    assert unread_of(bob) == 0


def test_edit_makes_the_same_number_of_queries_with_a_long_history(message, alice, django_assert_num_queries):
    for number in range(30):
        with django_assert_num_queries(3):  # Savepoint, message with its history, release.
            message.edit(f"Text {number}", by=alice)


def test_text_that_a_later_receiver_changes_is_saved_as_it_changed_it(message, alice):
    def shout(instance, **kwargs):
        instance.content += "!"

    pre_save.connect(shout, sender=Message)
    try:
        message.edit("Quiet", by=alice)
    finally:
        pre_save.disconnect(shout, sender=Message)

    assert Message.objects.get().content == "Quiet!"


@pytest.mark.parametrize("how", ["edit", "save", "update_fields"])
@pytest.mark.django_db(transaction=True)
def test_20_edits_at_once_leave_20_histories(how, message, alice, at_once):
    def change(copy, number):
        copy.content = f"Text {number}"
        if how == "edit":
            copy.edit(copy.content, by=alice)
        else:
            copy.save(update_fields=["content"] if how == "update_fields" else None)

    with zeal_ignore():  # Twenty users load the message.
        copies = [Message.objects.get() for _ in range(20)]
    assert at_once(*(lambda c=copy, n=n: change(c, n) for n, copy in enumerate(copies))) == [None] * 20

    stored = Message.objects.get()
    texts = {"Good morning, Bob", *(f"Text {number}" for number in range(20))}
    assert stored.edited
    assert sorted([*kept(stored), stored.content]) == sorted(texts)
