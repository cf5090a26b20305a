"""A restore says which release made the backup, and refuses one of a newer release before the exchange."""

import pytest

from tests.support.database_server import database_server

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("deploy")]
NEWER = "INSERT INTO django_migrations (app, name, applied) VALUES ('messaging', '9999_newer', now())"
COMMENT = """COMMENT ON TABLE django_migrations IS '{"release": "9.0.0", "oldest_release": {}}'"""
DATABASES = "SELECT datname FROM pg_database ORDER BY 1"


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), database_server() as server:
        yield server


@pytest.fixture
def dump(server):
    """Return a backup of a newer release, over whose database an older release is running again."""
    server.sql(f"{NEWER}; {COMMENT}")
    made = server.back_up()
    yield made
    server.sql("DELETE FROM django_migrations WHERE name = '9999_newer'")


def test_restore_refuses_a_backup_of_a_newer_release_and_changes_nothing(server, dump):
    server.sql("DELETE FROM django_migrations WHERE name = '9999_newer'")
    before = server.sql(DATABASES)
    said = server.restore(dump.name, status=1)

    assert "The backup is of release 9.0.0." in said
    assert "of a newer release than the database (messaging.9999_newer)" in said
    assert server.sql(DATABASES) == before
    assert server.sql("SELECT datconnlimit FROM pg_database WHERE datname = 'bobbin'") == [(-1,)]


def test_restore_accepts_the_backup_once_the_newer_release_has_migrated(server, dump):
    assert "restore: done" in server.restore(dump.name)
    assert server.sql("SELECT count(*) FROM django_migrations WHERE name = '9999_newer'") == [(1,)]


def test_restore_into_an_empty_database_leaves_the_refusal_to_migrate(server, dump):
    server.sql("DROP DATABASE bobbin", "postgres")
    server.sql("CREATE DATABASE bobbin OWNER bobbin_owner", "postgres")  # As on a new machine.

    assert "The backup is of release 9.0.0." in server.restore(dump.name)
