"""Migrations that build an index concurrently wait for older transactions, such as that of a backup."""

import threading

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'migrate' AND wait_event_type = 'Lock'"
)
LIMITS = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"


def _migrations():
    """Return those that build an index, and the one whose functions the next of them replaces."""
    loader = MigrationLoader(connection)
    applied = sorted((one for one in loader.graph.nodes.values() if one.app_label == "messaging"), key=str)
    replaced, fills = "0009_search_in_linear_time", "0015_list_existing_threads"
    return [one for one in applied if one.name == replaced or not (one.atomic or one.name == fills)]


def _release_when_it_waits(reader: psycopg.Connection, seen: list) -> None:
    with psycopg.connect(reader.info.dsn, autocommit=True, password=reader.info.password) as watch:
        for _ in range(200):
            [(waiting,)] = watch.execute(WAITS).fetchall()
            if waiting:
                break
            threading.Event().wait(0.05)
        seen.append(waiting)
        threading.Event().wait(0.3)  # Longer than the lock_timeout of the migration.
    reader.rollback()


@pytest.mark.django_db(transaction=True)
def test_index_is_built_concurrently_beside_a_backup_longer_than_the_lock_timeout(message):
    parameters = {key: value for key, value in connection.get_connection_params().items()
                  if key in {"host", "port", "dbname", "user", "password"}}  # fmt: skip
    limits = "SET lock_timeout = '100ms'; SET application_name = 'migrate'"
    with psycopg.connect(**parameters) as reader, connection.cursor() as cursor:
        cursor.execute(LIMITS)
        before = cursor.fetchone()
        cursor.execute(limits)
        for migration in _migrations():
            if migration.atomic:
                with connection.schema_editor() as editor:
                    migration.operations[0].database_forwards("messaging", editor, apps, apps)
                continue
            if migration.name == "0012_without_index_of_receivers":  # It drops an index, which must be there.
                with connection.schema_editor(atomic=False) as editor:
                    migration.operations[0].database_backwards("messaging", editor, apps, apps)
            reader.execute("SELECT count(*) FROM messaging_message")  # As pg_dump does.
            seen: list[int] = []
            release = threading.Thread(target=_release_when_it_waits, args=(reader, seen))
            release.start()
            with connection.schema_editor(atomic=False) as editor:
                for operation in migration.operations:
                    operation.database_forwards("messaging", editor, apps, apps)
            release.join()
            assert seen == [1]
        cursor.execute(LIMITS)
        assert cursor.fetchone() == before
    connection.close()
