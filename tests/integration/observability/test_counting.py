"""Statements and connections under the names of django-prometheus, but counted correctly."""

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import User

EXECUTED, ALIAS = "django_db_execute_total", {"alias": "default", "vendor": "postgresql"}
TOOK = "django_db_query_duration_seconds_count"


@pytest.fixture
def cursor(db):
    with connection.cursor() as found:
        yield found


def test_each_statement_is_counted_and_timed(cursor, counted):
    cursor.execute("SELECT 1")
    cursor.execute("SELECT %s", [2])

    assert counted(EXECUTED, **ALIAS) == 2
    assert counted(TOOK, **ALIAS) == 2


def test_many_rows_may_come_from_a_generator(cursor, counted):
    cursor.execute("CREATE TEMPORARY TABLE bobbins (number int)")
    cursor.executemany("INSERT INTO bobbins VALUES (%s)", ([number] for number in range(3)))
    cursor.execute("SELECT sum(number) FROM bobbins")

    assert cursor.fetchone() == (3,)
    assert counted(EXECUTED, **ALIAS) == 5
    assert counted("django_db_execute_many_total", **ALIAS) == 3


def test_rows_read_by_an_iterator_are_counted(alice, bob, counted):
    found = {user.username for user in User.objects.order_by("pk").iterator(chunk_size=1)}

    assert found == {"alice", "bob"}
    assert counted(EXECUTED, **ALIAS) == 1


def test_an_error_counts_by_its_type(db, counted):
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing")

    assert counted("django_db_errors_total", **ALIAS, type="UndefinedColumn") == 1


def test_open_connections_are_shown(transactional_db, counted, at_once):
    def load():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return counted("bobbin_db_connections_open")

    assert at_once(load, load)[0] >= 1
    assert counted("bobbin_db_connections_opened_total") == 2
    assert counted("bobbin_db_connections_open") == 0
