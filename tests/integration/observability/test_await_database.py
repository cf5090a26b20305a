"""What containers do that need PostgreSQL, or the tables of their release, before they start."""

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

WITHOUT = "DELETE FROM django_migrations WHERE app = 'notifications' RETURNING name"
AGAIN = "INSERT INTO django_migrations (app, name, applied) VALUES ('notifications', %s, now())"


@pytest.fixture
def notifications_not_migrated(transactional_db):
    """A function that applies them: the tables are there, only the note of it is not."""
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT)
        names = [name for (name,) in cursor.fetchall()]

    def migrate():
        with connection.cursor() as cursor:
            cursor.executemany(AGAIN, [(name,) for name in names])
        names.clear()

    yield migrate
    migrate()


def test_it_ends_at_once_when_all_is_there(transactional_db, capsys):
    call_command("await_database", "--migrated", "--seconds=0")

    assert capsys.readouterr().out == ""


def test_without_postgresql_it_gives_up_and_says_why(monkeypatch, capsys):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")

    with pytest.raises(CommandError, match=r"Waited 0 s in vain: PostgreSQL is not available\."):
        call_command("await_database", "--seconds=0")


def test_postgresql_alone_is_enough_unless_migrations_are_asked_for(notifications_not_migrated):
    call_command("await_database", "--seconds=0")

    with pytest.raises(CommandError, match="migrations are missing"):
        call_command("await_database", "--migrated", "--seconds=0")


def test_it_goes_on_when_somebody_else_has_migrated(notifications_not_migrated, capsys):
    waiting = threading.Thread(target=call_command, args=("await_database", "--migrated", "--seconds=20"))
    waiting.start()
    time.sleep(0.3)
    assert waiting.is_alive()

    notifications_not_migrated()
    waiting.join(10)

    assert not waiting.is_alive()
    assert capsys.readouterr().out.count("Waiting: migrations are missing") == 1
