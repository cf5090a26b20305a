"""The migration gives messages of earlier releases ids in the order of their times.

Earlier ids had the order in which messages were written or imported.
"""

import importlib
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection

from messaging.models import Message, MessageHistory, Participant, Thread
from messaging.threads import read_thread
from notifications.models import Notification

migration = importlib.import_module("messaging.migrations.0004_message_ids_in_order_of_time")
filling = importlib.import_module("messaging.migrations.0015_list_existing_threads")
DAY = datetime(2020, 5, 1, tzinfo=UTC)
INDEXES = """
SELECT indexdef FROM pg_indexes WHERE tablename = 'messaging_message' UNION ALL
SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
WHERE 'messaging_message'::regclass IN (conrelid, confrelid)
"""


def _run(direction: str) -> None:
    """Run the migration without the table of a later one, and then the one that fills that table."""
    [operation] = migration.Migration.operations
    Thread.objects.all().delete()
    with connection.schema_editor(atomic=False) as editor:
        getattr(operation, f"database_{direction}")("messaging", editor, apps, apps)
        filling.add_threads(apps, editor)
        # Act as the next transaction would.
        editor.execute("SET CONSTRAINTS ALL DEFERRED")
        editor.execute("DROP TABLE IF EXISTS renumbered")


def _schema() -> list:
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        return sorted(cursor.fetchall())


@pytest.fixture
def old(alice, bob, charlie):
    """Return a function that writes a message as earlier releases numbered it.

    Its parameters are the id, the days after DAY, and the id of the parent.
    """
    made: dict[int, Message] = {}

    def write(pk, days, parent=None, people=None):
        sender, receiver = people or (alice, bob)
        made[pk] = Message.objects.bulk_create(
            [
                Message(pk=pk, sender=sender, receiver=receiver, content=f"m{pk}",
                        timestamp=DAY + timedelta(days=days), parent_message=made.get(parent))
            ]
        )[0]  # fmt: skip

    return write


def _texts() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("content", flat=True))


def test_messages_imported_out_of_order_get_ids_in_order_of_time(old, alice, charlie, wrong_counters):
    for pk, days in ((1, 30), (2, 10), (3, 20), (4, 20)):
        old(pk, days)
    old(5, 15, people=(charlie, alice))
    _run("forwards")

    assert _texts() == ["m2", "m5", "m3", "m4", "m1"]
    assert [row.excerpt for row in Participant.objects.inbox_rows(alice)] == ["m1", "m5"]
    assert all(m.pk >> 10 == m.timestamp.timestamp() * 1000 for m in Message.objects.exclude(content="m4"))
    assert wrong_counters() == []


def test_replies_follow_their_parents_also_with_earlier_times(old, wrong_counters):
    for pk, days, parent in ((1, 30, None), (2, 10, 1), (3, 5, 2), (4, 31, 1), (5, 20, None)):
        old(pk, days, parent)
    _run("forwards")

    assert _texts() == ["m5", "m1", "m2", "m3", "m4"]
    root = Message.objects.get(content="m1")
    placed = [(row.content, depth) for row, depth in read_thread(root.pk)]
    assert placed == [("m1", 0), ("m2", 1), ("m3", 2), ("m4", 1)]
    assert wrong_counters() == []


def test_rows_that_refer_to_a_message_follow_its_new_id(old, alice):
    old(1, 2), old(2, 1)
    Message.objects.get(pk=1).edit("changed", by=alice)
    _run("forwards")

    assert MessageHistory.objects.get().message.content == "changed"
    reported = Notification.objects.order_by("message").values_list("message__content", flat=True)
    assert list(reported) == ["m2", "changed"]


def test_log_entries_follow_the_new_ids(old, alice):
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    old(1, 0)
    kind = ContentType.objects.get_for_model(Message)
    for object_id in ("1", "7"):
        LogEntry.objects.create(
            user=alice, content_type=kind, object_id=object_id, object_repr="x", action_flag=2
        )
    _run("forwards")

    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(Message.objects.get().pk), "7"}


def test_constraints_and_indexes_are_unchanged(old):
    before = _schema()
    old(1, 1), old(2, 0)
    _run("forwards")

    assert _schema() == before


def test_old_ids_that_are_new_ids_of_other_messages_are_replaced(old, wrong_counters):
    first = (int(DAY.timestamp()) * 1000) << 10
    old(first, 1), old(first + 1, 0), old(first + 2, 2, first)
    _run("forwards")

    assert _texts() == [f"m{first + 1}", f"m{first}", f"m{first + 2}"]
    assert Message.objects.earliest("pk").pk == first
    assert wrong_counters() == []


def test_second_migration_changes_nothing(old):
    for pk, days in ((1, 3), (2, 1), (3, 2)):
        old(pk, days)
    _run("forwards")
    once = list(Message.objects.order_by("pk").values_list("pk", "content"))
    _run("forwards")

    assert list(Message.objects.order_by("pk").values_list("pk", "content")) == once


def test_reverse_migration_leaves_the_sequence_above_all_ids(old, message):
    old(1, 1)
    _run("backwards")

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('messaging_message', 'id'))")
        assert cursor.fetchone()[0] > Message.objects.latest("pk").pk


def test_live_messages_follow_migrated_ones(old, write, alice, bob):
    old(1, 10_000), old(2, 1)
    _run("forwards")
    write(bob, alice, "new")

    assert _texts() == ["m2", "m1", "new"]


def test_migration_without_messages_succeeds(db):
    _run("forwards")

    assert not Message.objects.exists()
