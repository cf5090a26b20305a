"""A copy that was loaded before a change by another process does not revert that change when it is saved."""

import pytest

from messaging.models import Message


@pytest.fixture
def stale(message):
    """Return a copy of the message as it is before the test changes `message`."""
    return Message.objects.get(pk=message.pk)


def read_by_save(copy):
    copy.read = True
    copy.save()


def read_by_method(copy):
    copy.mark_read()


@pytest.mark.parametrize("read", [read_by_save, read_by_method])
def test_a_stale_copy_marked_as_read_reverts_no_edit(read, stale, message, alice, bob, unread_of):
    message.edit("Edited meanwhile", by=alice)

    read(stale)
    stored = Message.objects.get()
    assert (stored.content, stored.edited, stored.read) == ("Edited meanwhile", True, True)
    assert stored.history.count() == 1
    assert unread_of(bob) == 0


def test_save_of_a_stale_copy_keeps_the_message_read(stale, message, bob, unread_of, wrong_counters):
    message.mark_read()

    stale.save()
    assert Message.objects.get().read
    assert (unread_of(bob), wrong_counters()) == (0, [])


def test_edit_of_a_stale_copy_keeps_the_message_read(stale, message, alice, bob, unread_of):
    message.mark_read()

    stale.edit("Edited", by=alice)
    assert Message.objects.get().read
    assert unread_of(bob) == 0


def test_a_stale_edit_keeps_the_text_it_replaces(stale, message, alice):
    message.edit("Edited meanwhile", by=alice)
    stale.edit("Edited later", by=alice)

    assert list(stale.history.order_by("pk").values_list("old_content", flat=True)) == [
        "Good morning, Bob",
        "Edited meanwhile",
    ]


def test_a_partly_loaded_copy_writes_only_what_it_changed(message, alice):
    partly = Message.objects.only("timestamp").get()
    message.edit("Edited meanwhile", by=alice)

    partly.read = True
    partly.save()
    stored = Message.objects.get()
    assert (stored.content, stored.edited, stored.read) == ("Edited meanwhile", True, True)


def test_a_refreshed_copy_is_not_stale(stale, message, alice):
    message.edit("Edited meanwhile", by=alice)
    stale.refresh_from_db()

    stale.content = "Edited later"
    stale.save()
    assert stale.history.count() == 2


def test_message_of_a_bulk_is_not_stale(alice, bob, write_many):
    (sent,) = write_many(alice, bob, 1)
    sent.mark_read()

    sent.save()
    assert Message.objects.get().read
    assert not Message.objects.get().edited
