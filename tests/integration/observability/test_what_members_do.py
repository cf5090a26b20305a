"""Messages, edits, notifications, erasures and imports are counted only after the commit."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from messaging.models import Message

SENT, NOTIFIED, LINES = (
    "bobbin_messages_sent_total",
    "bobbin_notifications_created_total",
    "bobbin_import_lines_total",
)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_messages_count_by_kind(alice, bob, counted, committed):
    with committed():
        first = Message.objects.create(sender=alice, receiver=bob, content="Hello")
        Message.objects.create(sender=bob, receiver=alice, content="Hello too", parent_message=first)
        Message.objects.bulk_create(Message(sender=alice, receiver=bob, content="More") for _ in range(3))

    assert [counted(SENT, kind=kind) for kind in ("message", "reply", "imported")] == [1, 1, 3]
    assert counted(NOTIFIED) == 5


def test_rolled_back_messages_are_not_counted(alice, bob, counted, committed):
    with committed(), transaction.atomic():
        Message.objects.create(sender=alice, receiver=bob, content="Hello")
        Message.objects.bulk_create([Message(sender=alice, receiver=bob, content="More")])
        transaction.set_rollback(True)

    assert [counted(SENT, kind=kind) for kind in ("message", "reply", "imported")] == [0, 0, 0]
    assert counted(NOTIFIED) == 0


def test_only_an_edit_that_changes_the_text_is_counted(message, alice, counted, committed):
    with committed():
        message.edit("Good evening, Bob", by=alice)
        message.edit("Good evening, Bob", by=alice)

    assert counted("bobbin_messages_edited_total") == 1


def test_an_erasure_counts_for_each_member(message, alice, bob, counted, committed):
    with committed():
        alice.delete()

    assert counted("bobbin_erasures_total") == 1


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "messages.jsonl"
    record = {"sender": "dora", "receiver": "emil", "content": "Hello", "timestamp": "2026-01-01T10:00:00Z"}
    found.write_text("".join(json.dumps(record | {"id": number}) + "\n" for number in (1, 2)) + "[]\n")
    return found


def bring(file, **options):
    with pytest.raises(CommandError):  # The file has an invalid line.
        call_command("import_messages", str(file), stdout=io.StringIO(), stderr=io.StringIO(), **options)


def lines(counted):
    return {result: counted(LINES, result=result) for result in ("added", "already_there", "skipped")}


def test_lines_of_an_import_are_counted_by_their_result(transactional_db, file, counted):
    bring(file)
    assert lines(counted) == {"added": 2, "already_there": 0, "skipped": 1}
    bring(file)
    assert lines(counted) == {"added": 2, "already_there": 2, "skipped": 2}


@pytest.mark.parametrize("option", ["dry_run", "strict"])
def test_import_that_is_rolled_back_counts_nothing(transactional_db, file, counted, option):
    bring(file, **{option: True})

    assert lines(counted) == {"added": 0, "already_there": 0, "skipped": 0}
