"""The limit: hand-written SQL through psycopg, prepared, in its fastest format."""

import functools
from typing import Any

import psycopg
from django.db import connection


@functools.cache
def _connection() -> psycopg.Connection:
    where = connection.settings_dict
    made = psycopg.connect(
        host=where["HOST"], port=where["PORT"], user=where["USER"], dbname=where["NAME"],
        password=where["PASSWORD"], autocommit=True,
    )  # fmt: skip
    made.execute("SET TIME ZONE 'UTC'")
    made.execute("SET plan_cache_mode = force_generic_plan")  # Planning each time takes as long as reading.
    return made


@functools.cache
def _cursor() -> psycopg.Cursor:
    return _connection().cursor(binary=True)


def rows(statement: str, parameters: Any) -> list[tuple]:
    return _cursor().execute(statement, parameters).fetchall()


def run(statement: str, parameters: Any = None) -> None:
    _cursor().execute(statement, parameters)
