"""Concurrent edits that start from the same text.

One is saved, and each other raises EditConflictError.
"""

import pytest
from django.db import connection

from messaging.editing import EditConflictError, version_of
from messaging.models import Message, MessageHistory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edit(message, alice):
    """Return a function that edits the message as the form does.

    It loads a new copy, and sends the version of the text that the message has now.
    """
    version = version_of(message.content)

    def change(text):
        copy = Message.objects.get(pk=message.pk)
        copy.edit(text, by=alice, version=version)
        return text

    return change


@pytest.mark.parametrize("run", range(5))
def test_of_20_edits_at_once_exactly_one_is_saved(edit, at_once, run):
    outcomes = at_once(*(lambda n=n: edit(f"Text {n}") for n in range(20)))
    saved = [outcome for outcome in outcomes if isinstance(outcome, str)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, EditConflictError)]

    assert (len(saved), len(refused)) == (1, 19)
    assert {error.content for error in refused} == {saved[0]} == {Message.objects.get().content}
    assert MessageHistory.objects.get().old_content == "Good morning, Bob"


def test_same_edit_20_times_at_once_is_one_edit(edit, at_once):
    assert at_once(*[lambda: edit("same")] * 20) == ["same"] * 20
    assert (Message.objects.get().content, MessageHistory.objects.count()) == ("same", 1)


def test_edit_that_waits_for_another_is_refused(edit, meanwhile):
    first, second = meanwhile(lambda: edit("first"), lambda: edit("second"))

    assert first is None
    assert isinstance(second, EditConflictError)
    assert (second.content, Message.objects.get().content) == ("first", "first")


def test_edit_that_waits_for_an_equal_one_is_accepted(edit, meanwhile):
    assert meanwhile(lambda: edit("same"), lambda: edit("same")) == [None, None]
    assert MessageHistory.objects.count() == 1


def test_edit_that_waits_for_a_deletion_finds_no_message(edit, message, meanwhile):
    deleted, edited = meanwhile(message.delete, lambda: edit("too late"))

    assert deleted is None
    assert isinstance(edited, Message.DoesNotExist)
    assert not MessageHistory.objects.exists()


def test_deletion_that_waits_for_an_edit_leaves_nothing(edit, message, meanwhile, wrong_counters):
    assert meanwhile(lambda: edit("last words"), message.delete) == [None, None]
    assert (Message.objects.count(), MessageHistory.objects.count(), wrong_counters()) == (0, 0, [])


def test_refused_edit_changes_neither_flag_nor_history_of_the_next_save(edit, message, alice, at_once):
    edit("first")
    stale = Message.objects.get()
    with pytest.raises(EditConflictError):
        stale.edit("second", by=alice, version=version_of("Good morning, Bob"))
    stale.refresh_from_db()
    stale.edit("third", by=alice)

    assert list(message.history.order_by("pk").values_list("old_content", flat=True)) == [
        "Good morning, Bob",
        "first",
    ]


@pytest.mark.parametrize("text", ["a", "ä", "a\\b", "\\000", "織機👩\u200d👦", "a\n\tb'\"%s", "\ue000"])
def test_python_and_postgresql_compute_the_same_version_of_a_text(db, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(sha256(convert_to(%s, 'UTF8')), 'hex')", [text])
        assert cursor.fetchone() == (version_of(text),)
