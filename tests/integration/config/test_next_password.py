"""The password of the database role changes while processes run that know both passwords."""

import pytest
from django.db import OperationalError, connection

from observability.health import DatabaseProbe
from tests.support.database_server import connected_to, database_server


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), database_server() as running:
        rules = running.folder / "data/pg_hba.conf"
        rules.write_text("local all bobbin scram-sha-256\nlocal all all trust\n")
        running.sql("SELECT pg_reload_conf()")
        yield running


@pytest.fixture
def connect(server, monkeypatch, django_db_blocker):
    """Return a function that connects anew with the passwords, and returns the role, or another check."""

    def with_passwords(first, *others, check=_role):
        monkeypatch.setitem(connection.settings_dict, "PASSWORD", first)
        monkeypatch.setitem(connection.settings_dict, "NEXT_PASSWORDS", list(others))
        with django_db_blocker.unblock(), connected_to(server):
            return check()

    return with_passwords


def _role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("password", ["present", "next"])
def test_connection_is_made_before_and_after_the_change(server, connect, password):
    server.sql(f"ALTER ROLE bobbin PASSWORD '{password}'")
    assert connect("present", "next") == "bobbin"


def test_connection_with_refused_passwords_alone_fails(server, connect):
    server.sql("ALTER ROLE bobbin PASSWORD 'another'")
    with pytest.raises(OperationalError, match="password authentication failed"):
        connect("present", "next")


@pytest.mark.parametrize("password", ["present", "next"])
def test_service_is_ready_before_and_after_the_change(server, connect, password):
    """Otherwise no process would be ready until the rotation has replaced it."""
    server.sql(f"ALTER ROLE bobbin PASSWORD '{password}'")
    assert connect("present", "next", check=DatabaseProbe(checks_migrations=False).problem) == ""


def test_service_with_refused_passwords_alone_is_not_ready(server, connect):
    server.sql("ALTER ROLE bobbin PASSWORD 'another'")
    problem = connect("present", "next", check=DatabaseProbe(checks_migrations=False).problem)
    assert problem == "PostgreSQL is not available"
