"""The limit for all ways: hand-written SQL through psycopg, prepared and in binary format."""

import functools
from typing import Any

import psycopg
from django.db import connection

_statements = 0


@functools.cache
def _connection() -> psycopg.Connection:
    where = connection.settings_dict
    made = psycopg.connect(
        host=where["HOST"], port=where["PORT"], user=where["USER"], dbname=where["NAME"],
        password=where["PASSWORD"], options=where["OPTIONS"].get("options", ""), autocommit=True,
    )  # fmt: skip
    made.execute("SET TIME ZONE 'UTC'")
    made.execute("SET plan_cache_mode = force_generic_plan")  # Custom plans take as long as the query.
    return made


@functools.cache
def _cursor() -> psycopg.Cursor:
    return _connection().cursor(binary=True)


def close() -> None:
    """Close the connection. The next statement opens another one."""
    _connection().close()
    _connection.cache_clear()
    _cursor.cache_clear()


def statement_count() -> int:
    """Return the number of statements so far."""
    return _statements


def rows(statement: str, parameters: Any) -> list[tuple]:
    global _statements
    _statements += 1
    return _cursor().execute(statement, parameters).fetchall()


def run(statement: str, parameters: Any = None) -> None:
    global _statements
    _statements += 1
    _cursor().execute(statement, parameters)
