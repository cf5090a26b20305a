"""A database of a newer release is refused, unless the newer release has said that this one works with it."""

import json
import logging

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from observability import compatibility
from observability.health import HealthMiddleware

pytestmark = pytest.mark.django_db(transaction=True)
NEWER = "9999_of_a_newer_release"


@pytest.fixture
def newer():
    """Return a function that adds a migration as a newer release does."""
    table, before = "django_migrations", execute(compatibility.READ)[0][0]

    def add(app="messaging", oldest_release=""):
        execute(f"INSERT INTO {table} (app, name, applied) VALUES (%s, %s, now())", [app, NEWER])
        said = {f"{app}.{NEWER}": oldest_release} if oldest_release else {}
        execute(f"COMMENT ON TABLE {table} IS %s", [json.dumps({"release": "9.0.0", "oldest_release": said})])

    yield add
    execute(f"DELETE FROM {table} WHERE name = %s", [NEWER])
    execute(f"COMMENT ON TABLE {table} IS %s", [before])


def execute(statement, values=None):
    with connection.cursor() as cursor:
        cursor.execute(connection.ops.compose_sql(statement, values))
        return cursor.fetchall() if cursor.description else []


def readiness(rf):
    return HealthMiddleware(lambda request: None)(rf.get("/readyz"))


@pytest.mark.parametrize("oldest", ["", "0.1.1", "10.0.0"])
def test_migrate_and_readyz_refuse_an_unknown_migration(newer, rf, caplog, settings, oldest):
    settings.VERSION = "0.1.0"
    newer(oldest_release=oldest)
    with pytest.raises(CommandError, match=r"newer release, because release .* messaging\.9999_of_a_newer"):
        call_command("migrate", verbosity=0)
    caplog.set_level(logging.ERROR)
    answer = readiness(rf)

    assert answer.status_code == 503
    assert b"belongs to a newer release" in answer.content
    assert "messaging.9999_of_a_newer_release" in caplog.text


@pytest.mark.parametrize("release", ["0.0.9", "0.1.0"])
def test_migrate_and_readyz_accept_a_migration_that_this_release_works_with(newer, rf, release, settings):
    settings.VERSION = "0.1.0"
    own = json.loads(execute(compatibility.READ)[0][0])["oldest_release"]
    newer(oldest_release=release)
    call_command("migrate", verbosity=0)

    assert readiness(rf).status_code == 200
    # What the newer release has stored stays, and so does its version.
    stored = json.loads(execute(compatibility.READ)[0][0])
    said = own | {"messaging.9999_of_a_newer_release": release}
    assert stored == {"release": "9.0.0", "oldest_release": said}


def test_migrations_of_an_app_that_was_removed_are_ignored(newer, rf):
    newer(app="removed")

    call_command("migrate", verbosity=0)
    assert readiness(rf).status_code == 200


def test_migrate_stores_what_its_migrations_say_before_it_applies_them(newer, monkeypatch, settings):
    monkeypatch.setattr(migrations.Migration, "oldest_release", "0.0.7", raising=False)
    compatibility.store_oldest_releases(connection)

    stored = json.loads(execute(compatibility.READ)[0][0])
    assert stored["oldest_release"]["messaging.0001_initial"] == "0.0.7"
    assert stored["release"] == settings.VERSION


def test_readyz_without_unknown_migrations_reads_no_comment(django_assert_num_queries):
    """The startup of every pod makes this check."""
    loader = MigrationLoader(connection)
    with django_assert_num_queries(0):
        assert compatibility.unknown_migrations(connection, loader) == []
