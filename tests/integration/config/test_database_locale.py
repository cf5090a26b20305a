"""Bobbin refuses a database whose encoding or locale it cannot use.

A script moves its data to a database that it can use.
"""

import logging
import re
import subprocess

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from messaging.models import Message
from observability.health import HealthMiddleware
from tests.support.databases import (
    ACCEPTED,
    LIBC,
    PROGRAMS,
    REFUSED,
    ROOT,
    database_of,
    exists,
    libpq,
    move,
    sql,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("locale")]
RIGHTS = "SELECT unnest(datacl)::text FROM pg_database WHERE datname = '{}' ORDER BY 1"
# The Turkish rule, in which `i` has another capital letter. Not every machine has a Turkish locale.
TURKISH = """
CREATE FUNCTION public.upper(text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT replace(pg_catalog.upper(replace($1, 'i', 'İ')), 'İ', 'İ') $$;
ALTER DATABASE {} SET search_path = public, pg_catalog
"""
# A replacement of pg_dump that first tries to write to the database during the dump.
WRITING_DUMP = """#!/bin/sh
{programs}/psql --no-psqlrc --dbname {name} --command "INSERT INTO texts VALUES ('late')" 2>>{said}
exec {programs}/pg_dump "$@"
"""
ENCODED = "CREATE TABLE texts (text text); INSERT INTO texts VALUES (E'{}')"


def rows(database: str) -> dict[str, str]:
    """Return all rows of all tables as text."""
    tables = sql(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").split()
    every = 'SELECT t::text FROM {} t ORDER BY t::text COLLATE "C"'
    return {table: sql(database, every.format(table)) for table in tables}


def rules(database: str) -> list[str]:
    """Return the schema: tables, indexes, constraints, functions and sequences."""
    command = ["pg_dump", "--schema-only", "--no-owner", "--dbname", database]
    dumped = subprocess.check_output(command, env=libpq(), text=True)
    return [line for line in dumped.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict"))]


def locale_of(database: str) -> str:
    columns = "datlocprovider, datlocale, pg_encoding_to_char(encoding)"
    return sql("postgres", f"SELECT {columns} FROM pg_database WHERE datname = '{database}'")


def test_cluster_of_make_run_has_the_required_locale():
    """The same command creates the cluster of the tests."""
    ctype = sql("postgres", "SELECT datctype FROM pg_database WHERE datname = 'template1'")

    assert locale_of("template1") == locale_of("bobbin") == "b|C.UTF-8|UTF8"
    assert ctype == ("C.UTF-8" if exists("C.UTF-8") else "C")


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_unsupported_database_is_refused_in_one_line_with_the_command(options, rf, caplog):
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


def test_a_database_with_another_capital_of_i_is_refused():
    with database_of("ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'") as name:
        call_command("await_database", "--seconds=0")
        sql(name, TURKISH.format(name))
        connection.close()

        with pytest.raises(CommandError, match="does not turn iéяω into IÉЯΩ"):
            call_command("await_database", "--seconds=600")


@pytest.mark.parametrize("options", ACCEPTED.values(), ids=ACCEPTED)
def test_database_with_a_suitable_locale_is_accepted(options):
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
        before, made, rights = rows(name), rules(name), RIGHTS.format(name)
        allowed = sql("postgres", rights)
        assert not User.objects.filter(username__iexact="ÉLODIE").exists()

        done = move(name)

        assert done.returncode == 0, done.stderr
        assert rows(name) == before
        assert rules(name) == made
        assert (sql("postgres", rights), locale_of(name)) == (allowed, "b|C.UTF-8|UTF8")
        call_command("migrate", "-v0")
        assert HealthMiddleware(None)(rf.get("/readyz")).status_code == 200
        assert User.objects.filter(username__iexact="ÉLODIE").exists()
        kept = re.search(r"\w+_before_move_\d+", done.stdout)[0]
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


def test_names_with_one_key_in_the_new_locale_are_both_moved():
    """The index of earlier releases, which `migrate` removes, exists (docs/decisions/0017-names.md)."""
    with database_of(REFUSED["libc C"]) as name:
        sql(name, """CREATE TABLE accounts_user (username text);
            CREATE UNIQUE INDEX user_username_ci ON accounts_user (upper(username));
            CREATE UNIQUE INDEX other ON accounts_user (username);
            INSERT INTO accounts_user VALUES ('élodie'), ('ÉLODIE'), ('елена'), ('ЕЛЕНА')""")  # fmt: skip
        done = move(name)

        assert done.returncode == 0, done.stderr
        assert sql(name, "SELECT count(*) FROM accounts_user") == "4"
        assert sql(name, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'") == "other"


def test_a_database_in_use_is_not_moved():
    with database_of(REFUSED["libc C"]) as name:
        connection.ensure_connection()
        user = connection.connection  # move() closes the connection of Django, so keep this one apart.
        connection.connection = None
        done = move(name)
        user.close()

        assert (done.returncode, done.stdout) == (1, "")
        assert "the database is in use (bobbin); stop Bobbin first" in done.stderr
        assert locale_of(name) == "c||UTF8"


def test_write_during_a_move_is_refused_and_not_lost(tmp_path, monkeypatch):
    with database_of(REFUSED["libc C"]) as name:
        sql(name, "CREATE TABLE texts (text text); INSERT INTO texts VALUES ('early')")
        said = tmp_path / "said"
        dump = tmp_path / "pg_dump"
        dump.write_text(WRITING_DUMP.format(programs=PROGRAMS, name=name, said=said))
        dump.chmod(0o755)
        monkeypatch.setattr("tests.support.databases.PROGRAMS", f"{tmp_path}:{PROGRAMS}")
        done = move(name)

        assert done.returncode == 0, done.stderr
        assert said.read_text().count("cannot execute INSERT in a read-only transaction") == 2
        assert sql(name, "SELECT text FROM texts") == "early"
        sql(name, "INSERT INTO texts VALUES ('after')")


@pytest.mark.parametrize(
    ("name", "status"), [("a" * 63, 1), ("ü" * 31, 1), ("b" * 37, 1), ("My-db x." * 4, 0)]
)
def test_database_with_a_name_that_its_copies_cannot_have_is_not_moved(name, status):
    sql("postgres", f'CREATE DATABASE "{name}" TEMPLATE template0 {REFUSED["libc C"]}')
    try:
        sql(name, "CREATE TABLE texts (text text); INSERT INTO texts VALUES ('kept')")
        done = move(name)

        assert done.returncode == status
        assert ("longer than 36 bytes" in done.stderr) == bool(status)
        assert sql(name, "SELECT text FROM texts") == "kept"
    finally:
        for one in sql("postgres", f"SELECT datname FROM pg_database WHERE datname ~ '^{name}'").splitlines():
            sql("postgres", f'DROP DATABASE "{one}"')


def test_a_move_that_fails_leaves_the_database_as_it_was():
    with database_of(REFUSED["the encoding SQL_ASCII"]) as name:
        sql(name, ENCODED.format(r"\xff\xfe"))  # These bytes are not valid UTF-8.
        done = move(name)

        assert done.returncode == 1
        assert "the data could not be moved; the old database is as it was" in done.stderr
        sql(name, "INSERT INTO texts VALUES ('still writable')")
        assert sql(name, "SELECT count(*) FROM texts") == "2"
        assert locale_of(name) == "c||SQL_ASCII"
