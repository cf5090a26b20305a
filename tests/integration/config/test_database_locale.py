"""A database whose encoding or locale Bobbin cannot use is refused, and its data can be moved."""

import logging
import subprocess

import pytest
from databases import ACCEPTED, LIBC, REFUSED, ROOT, database_of, exists, libpq, move, sql
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from messaging.models import Message
from observability.health import HealthMiddleware

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("locale")]
RIGHTS = "SELECT unnest(datacl)::text FROM pg_database WHERE datname = '{}' ORDER BY 1"
ENCODED = "CREATE TABLE texts (text text); INSERT INTO texts VALUES (E'{}')"


def rows(database: str) -> dict[str, str]:
    """All rows of all tables, as text."""
    tables = sql(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").split()
    every = 'SELECT t::text FROM {} t ORDER BY t::text COLLATE "C"'
    return {table: sql(database, every.format(table)) for table in tables}


def locale_of(database: str) -> str:
    columns = "datlocprovider, datlocale, pg_encoding_to_char(encoding)"
    return sql("postgres", f"SELECT {columns} FROM pg_database WHERE datname = '{database}'")


def test_the_cluster_of_make_run_is_made_by_the_rule():
    """The tests' own is made by the same command."""
    ctype = sql("postgres", "SELECT datctype FROM pg_database WHERE datname = 'template1'")

    assert locale_of("template1") == locale_of("bobbin") == "b|C.UTF-8|UTF8"
    assert ctype == ("C.UTF-8" if exists("C.UTF-8") else "C")


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_a_database_that_breaks_the_rule_is_refused_in_one_line_with_the_command(options, rf, caplog):
    with database_of(options) as name, caplog.at_level(logging.ERROR):
        said = []
        for command in (["migrate", "-v0"], ["await_database", "--seconds=600"]):
            with pytest.raises(CommandError) as refused:
                call_command(*command)
            said.append(str(refused.value))
        response = HealthMiddleware(None)(rf.get("/readyz"))

        assert said[0] == said[1]
        assert "\n" not in said[0]
        assert f"the database {name} has the" in said[0]
        assert said[0].endswith(f"then run: {connection.settings_dict['MOVE_COMMAND']}")
        assert (response.status_code, name.encode() in response.content) == (503, False)
        assert said[0] in caplog.text
        assert connection.introspection.table_names() == []


def test_the_command_of_the_refusal_names_the_server_and_moves_its_database(monkeypatch):
    with database_of(LIBC + " 'C'") as name:
        monkeypatch.setitem(connection.settings_dict, "MOVE_COMMAND", "")
        with pytest.raises(CommandError) as refused:
            call_command("migrate", "-v0")
        connection.close()
        command = str(refused.value).partition("then run: ")[2]
        env = {"PATH": libpq()["PATH"]}
        subprocess.run(command, shell=True, env=env, cwd=ROOT, check=True, capture_output=True)

        assert locale_of(name) == "b|C.UTF-8|UTF8"


@pytest.mark.parametrize("options", ACCEPTED.values(), ids=ACCEPTED)
def test_a_database_that_knows_letters_is_accepted(options):
    with database_of(options):
        call_command("await_database", "--seconds=0")


@pytest.mark.parametrize("options", [REFUSED["libc C"], REFUSED["builtin C"]], ids=["libc C", "builtin C"])
def test_a_moved_database_has_the_same_rows_and_is_accepted(options, rf):
    with database_of(options, filled=True) as name:
        people = User.objects.bulk_create(
            User(username=one, password="!") for one in ("élodie", "Елена", "山田")
        )
        texts = ["Привет “loom”", "京都、大阪\n\t\\N '$1'", "👩\u200d👧 re\u0301sume\u0301", "a" * 10_000]
        Message.objects.bulk_create(
            Message(sender=people[0], receiver=people[1], content=text) for text in texts
        )
        sql("postgres", f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        before, rights = rows(name), RIGHTS.format(name)
        allowed = sql("postgres", rights)
        assert not User.objects.filter(username__iexact="ÉLODIE").exists()

        done = move(name)

        assert done.returncode == 0, done.stderr
        assert rows(name) == before
        assert (sql("postgres", rights), locale_of(name)) == (allowed, "b|C.UTF-8|UTF8")
        call_command("migrate", "-v0")
        assert HealthMiddleware(None)(rf.get("/readyz")).status_code == 200
        assert User.objects.filter(username__iexact="ÉLODIE").exists()
        kept = done.stdout.split()[6]
        assert sql("postgres", f"SELECT datallowconn FROM pg_database WHERE datname = '{kept}'") == "f"
        last = Message.objects.latest("pk").pk
        assert Message.objects.create(sender=people[2], receiver=people[0], content="Next").pk > last


@pytest.mark.parametrize(
    ("encoding", "octets", "text"),
    [("SQL_ASCII", r"\xc3\xa9\xe4\xba\xac", "é京"), ("LATIN1", r"\xe9\xdf", "éß")],
)
def test_a_moved_database_has_the_same_letters_in_the_new_encoding(encoding, octets, text):
    with database_of(REFUSED[f"the encoding {encoding}"]) as name:
        sql(name, f"SET client_encoding = {encoding}; {ENCODED.format(octets)}")

        assert move(name).returncode == 0
        assert sql(name, "SELECT text FROM texts") == text
        assert locale_of(name) == "b|C.UTF-8|UTF8"


def test_a_database_in_use_is_not_moved():
    with database_of(REFUSED["libc C"]) as name:
        connection.ensure_connection()
        user = connection.connection  # move() closes the connection of Django's.
        connection.connection = None
        done = move(name)
        user.close()

        assert (done.returncode, done.stdout) == (1, "")
        assert "the database is in use (bobbin); stop Bobbin first" in done.stderr
        assert locale_of(name) == "c||UTF8"


def test_a_move_that_fails_leaves_the_database_as_it_was():
    with database_of(REFUSED["the encoding SQL_ASCII"]) as name:
        sql(name, ENCODED.format(r"\xff\xfe"))  # No text in UTF-8.
        done = move(name)

        assert done.returncode == 1
        assert "the data could not be moved; the old database is as it was" in done.stderr
        sql(name, "INSERT INTO texts VALUES ('still writable')")
        assert sql(name, "SELECT count(*) FROM texts") == "2"
        assert locale_of(name) == "c||SQL_ASCII"
