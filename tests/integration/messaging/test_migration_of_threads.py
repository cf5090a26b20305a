"""The list of threads is filled while members delete. A release without it works after a rollback.

The third migration replaces the keys that an early edition of the first has made.
"""

import threading
from importlib import import_module

import pytest
from django.db import connection, transaction

from messaging.models import Message, Thread
from messaging.statements import execute
from tests.support.harmed_valkey import until

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'migrate' AND wait_event_type = 'Lock'"
)


@pytest.fixture
def thread(write, alice, bob):
    """Return a function that writes a thread of alice and bob."""

    def make(text, *replies):
        root = write(alice, bob, text)
        for reply in replies:
            write(bob, alice, reply, parent_message=root)
        return root

    return make


def test_migration_waits_for_a_deletion_and_lists_what_it_leaves(thread, wrong_counters, at_once):
    kept, gone = thread("Kept", "Yes", "No"), thread("Gone", "Yes")
    Thread.objects.all().delete()
    migration = import_module("messaging.migrations.0015_list_existing_threads")
    deleted, release = threading.Event(), threading.Event()

    def delete():
        with transaction.atomic():
            for root in (kept, gone):
                Message.objects.filter(thread_root=root).latest("pk").delete()
            deleted.set()
            release.wait(20)

    def migrate():
        deleted.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET application_name = 'migrate'")
        with connection.schema_editor(atomic=False) as editor:
            migration.add_threads(None, editor)

    def let_it_end():
        until(lambda: execute("default", WAITING, None) == [(1,)])
        release.set()

    at_once(delete, migrate, let_it_end)
    assert [row.root_id for row in Thread.objects.all()] == [kept.pk]
    assert wrong_counters() == []


def test_release_without_the_list_deletes_a_thread(thread):
    """After a rollback. It deletes the messages alone."""
    kept, gone = thread("Kept", "Yes"), thread("Gone", "Yes")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_notification")
        cursor.execute("UPDATE messaging_participant SET last_message_id = %s", [kept.pk])
        for where in ("thread_root_id", "id"):
            cursor.execute(f"DELETE FROM messaging_message WHERE {where} = %s", [gone.pk])

    assert [row.root_id for row in Thread.objects.all()] == [kept.pk]


def test_keys_of_an_early_edition_are_replaced():
    migration = import_module("messaging.migrations.0016_cascading_keys_of_threads").Migration
    keys = {"root_id": "messaging_message", "low_id": "accounts_user", "high_id": "accounts_user"}
    with connection.cursor() as cursor:
        for name in ("thread_root_key", "thread_low_key", "thread_high_key"):
            cursor.execute(f"ALTER TABLE messaging_thread DROP CONSTRAINT {name}")
        for column, table in keys.items():
            cursor.execute(
                f"ALTER TABLE messaging_thread ADD CONSTRAINT early_{column} FOREIGN KEY ({column}) "
                f"REFERENCES {table} DEFERRABLE INITIALLY DEFERRED"
            )
    for _ in range(2):  # The second time it changes nothing.
        with connection.schema_editor() as editor:
            for operation in migration.operations:
                operation.database_forwards("messaging", editor, None, None)
        found = execute(
            "default",
            "SELECT conname::text, confdeltype::text FROM pg_constraint "
            "WHERE conrelid = 'messaging_thread'::regclass AND contype = 'f' ORDER BY 1",
            None,
        )
        assert found == [("thread_high_key", "c"), ("thread_low_key", "c"), ("thread_root_key", "c")]
