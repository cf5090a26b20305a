"""Empties the tables after a test that commits: in 5 ms, where Django's `flush` takes 200 ms.

`flush` truncates every table, which makes new files for each table and index, and then creates all content
types and permissions again. This deletes the rows of the tables that have any, and keeps content types and
permissions.
"""

from functools import cache

from django.db import OperationalError, connections, transaction
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

KEPT = {"django_content_type", "auth_permission"}
# Larger tables are truncated: the server of the tests never vacuums, so deleted rows would slow later tests.
LARGE_BYTES = 256 * 1024
# A request that the closed page of a test left behind can lock the tables in another order.
DEADLOCKS = 5


def install() -> None:
    """Make every test that commits empty the tables in this way."""
    TransactionTestCase._fixture_teardown = _empty_every_database


def _empty_every_database(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty_tables(alias)


def empty_tables(alias: str = "default") -> None:
    for _ in range(DEADLOCKS):
        try:
            _empty_tables(alias)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    _empty_tables(alias)


def _empty_tables(alias: str) -> None:
    connection = connections[alias]
    names = _tables(alias)
    with transaction.atomic(alias), connection.cursor() as cursor:
        # Requests of other threads and processes, which may have begun to write, end first.
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(_filled(names))
        found = cursor.fetchall()
        cursor.execute("SET LOCAL session_replication_role = replica")  # Without triggers and foreign keys.
        for name, size in found:
            cursor.execute(f"TRUNCATE {name} CASCADE" if size > LARGE_BYTES else f"DELETE FROM {name}")


@cache
def _tables(alias: str) -> tuple[str, ...]:
    connection = connections[alias]
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(connection.ops.quote_name(name) for name in names if name not in KEPT)


@cache
def _filled(names: tuple[str, ...]) -> str:
    """Return a query for the tables that have rows, and their sizes."""
    return " UNION ALL ".join(
        f"SELECT '{name}', pg_relation_size('{name}') WHERE EXISTS (SELECT FROM {name})" for name in names
    )
