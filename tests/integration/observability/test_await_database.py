"""`manage.py await_database`.

Containers run it to wait for PostgreSQL, or for the tables of their release.
"""

import shutil
import subprocess
import threading
import time

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Session
from caching import restored
from tests.support.database_server import connected_to, database_server

WITHOUT = "DELETE FROM django_migrations WHERE app = 'notifications' RETURNING name"
AGAIN = "INSERT INTO django_migrations (app, name, applied) VALUES ('notifications', %s, now())"


@pytest.fixture
def notifications_not_migrated(transactional_db):
    """Delete the records of the migrations of notifications, and return a function that restores them.

    The tables stay.
    """
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT)
        names = [name for (name,) in cursor.fetchall()]

    def migrate():
        with connection.cursor() as cursor:
            cursor.executemany(AGAIN, [(name,) for name in names])
        names.clear()

    yield migrate
    migrate()


def test_command_returns_at_once_when_the_database_is_complete(transactional_db, capsys):
    call_command("await_database", "--migrated", "--seconds=0")

    assert capsys.readouterr().out == ""


def test_command_without_postgresql_fails_with_a_reason(monkeypatch, capsys):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")

    with pytest.raises(CommandError, match=r"Gave up after 0 s: PostgreSQL is not available\."):
        call_command("await_database", "--seconds=0")


def test_command_checks_migrations_only_with_its_option(notifications_not_migrated):
    call_command("await_database", "--seconds=0")

    with pytest.raises(CommandError, match="migrations are missing"):
        call_command("await_database", "--migrated", "--seconds=0")


def test_command_returns_when_another_process_has_migrated(notifications_not_migrated, capsys):
    waiting = threading.Thread(target=call_command, args=("await_database", "--migrated", "--seconds=20"))
    waiting.start()
    time.sleep(0.3)
    assert waiting.is_alive()

    notifications_not_migrated()
    waiting.join(10)

    assert not waiting.is_alive()
    assert capsys.readouterr().out.count("Waiting: migrations are missing") == 1


KEYS = ["session:" + "k" * 32, "page:2:7:epoch:digest", "epoch:7", "badges:2:7:epoch", "suggestions:2:e:d"]


@pytest.mark.parametrize(
    "before", [None, "16384 2026-01-01 00:00:00+00", "", ["another", 0], ["another", 2**62], [], [None, 0]]
)
def test_keys_of_another_database_are_deleted_from_redis_and_own_ones_kept(transactional_db, before):
    call_command("await_database", "--migrated", "--seconds=0")
    this = cache.get(restored.KEY)
    for known, kept in ((this, KEYS), (before, [])):
        cache.set(restored.KEY, known, None) if known is not None else cache.delete(restored.KEY)
        cache.set_many(dict.fromkeys(KEYS, "held"), 300)
        call_command("await_database", "--seconds=0")
        assert sorted(cache.get_many(KEYS)) == sorted(KEYS)
        call_command("await_database", "--migrated", "--seconds=0")
        assert sorted(cache.get_many(KEYS)) == sorted(kept)
    assert cache.get(restored.KEY)[0] == this[0]


@pytest.fixture
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), database_server() as server, connected_to(server):
        yield server


def restart(server, meanwhile=lambda: None):
    connection.close()
    server.end()
    meanwhile()
    server.begin()


def kept() -> list[str]:
    """Fill Redis, compare it with the database, and return the keys that it still has."""
    cache.set_many(dict.fromkeys(KEYS, "held"), 300)
    restored.invalidate_if_restored()
    return sorted(cache.get_many(KEYS))


def put_back(copy, data):
    shutil.rmtree(data)
    copy.rename(data)


def test_restart_of_postgresql_keeps_redis_and_each_kind_of_restore_empties_it(server):
    data, copy = server.folder / "data", server.folder / "copy"
    everything = sorted(KEYS)
    assert (kept(), kept()) == ([], everything)
    restart(server, lambda: subprocess.run(["cp", "-a", data, copy], check=True))
    assert kept() == everything

    server.sql("SELECT pg_logical_emit_message(false, 'a', repeat('a', 100000), true)")
    assert kept() == everything
    restart(server, lambda: put_back(copy, data))
    assert (kept(), kept()) == ([], everything), "a copy of the volume"

    connection.close()
    server.restore(server.back_up().name)
    assert (kept(), kept()) == ([], everything), "a restored dump"

    restart(server, (data / "standby.signal").touch)
    assert server.sql("SELECT pg_promote()") == [(True,)]
    assert (kept(), kept()) == ([], everything), "another timeline"


def test_session_from_before_a_restore_is_logged_out_after_it(transactional_db, browser_of, alice):
    call_command("await_database", "--migrated", "--seconds=0")
    browser = browser_of(alice)
    assert browser.get("/chats/").status_code == 200
    Session.objects.all()._raw_delete("default")  # A restored database has no sessions.
    assert browser.get("/chats/").status_code == 200
    cache.set(restored.KEY, ["the database of before", 0], None)
    call_command("await_database", "--migrated", "--seconds=0")

    assert browser.get("/chats/").status_code == 302


def test_command_without_redis_returns_and_logs_what_to_do(transactional_db, settings, caplog):
    away = settings.CACHES["default"] | {"LOCATION": "unix:///nonexistent/valkey.sock?db=0"}
    settings.CACHES = {"default": away}
    call_command("await_database", "--migrated", "--seconds=0")

    assert "if the database was restored, empty Redis" in caplog.text
