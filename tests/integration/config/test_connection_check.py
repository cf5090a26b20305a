"""A persistent connection is checked before the first query of a request, mostly without a query."""

import pytest
from django.db import IntegrityError, connection

from config.postgresql import base
from tests.support.database_server import connected_to, database_server


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), database_server() as running:
        yield running


@pytest.fixture
def backend(server, django_db_blocker, monkeypatch):
    """Open a persistent connection, and return the id of its process in PostgreSQL."""
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    with django_db_blocker.unblock(), connected_to(server):
        yield backend_of_next_request()


def backend_of_next_request() -> int:
    connection.close_if_unusable_or_obsolete()  # As at the start of every request.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def last_query_after_check(server, backend) -> str:
    """Return the last query of the connection after a check that kept it."""
    connection.close_if_unusable_or_obsolete()
    connection.close_if_health_check_failed()
    return server.sql(f"SELECT query FROM pg_stat_activity WHERE pid = {backend}")[0][0]


def test_recently_used_connection_is_kept_without_a_query(server, backend):
    assert "pg_backend_pid" in last_query_after_check(server, backend)
    assert backend_of_next_request() == backend


def test_connection_is_checked_by_a_query_after_the_interval(server, backend, monkeypatch):
    monkeypatch.setattr(base, "CHECK_INTERVAL", 0)
    assert last_query_after_check(server, backend) == "SELECT 1"


def test_connection_is_checked_by_a_query_after_an_error(server, backend):
    connection.errors_occurred = True
    assert last_query_after_check(server, backend) == "SELECT 1"


def test_connection_in_a_failed_transaction_is_not_usable(backend):
    connection.set_autocommit(False)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE unique_violation; END $$")

    assert not connection.is_usable()


def test_connection_that_the_server_ended_is_replaced(server, backend):
    server.sql(f"SELECT pg_terminate_backend({backend}, 5000)")
    assert backend_of_next_request() != backend


def test_connection_that_was_closed_here_is_replaced(backend):
    connection.connection.close()
    assert backend_of_next_request() != backend
