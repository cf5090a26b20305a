"""The scripts for backup and restore, run as in the containers, on a PostgreSQL with their roles."""

import re
import subprocess

import psycopg
import pytest
from axes.models import AccessFailureLog
from django.utils import timezone

from accounts.models import Erasure, Session, User
from messaging.models import Message
from tests.support.database_server import SCRIPTS, connected_to, database_server

# One server for all tests gets a copy of the tables of the test database.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("deploy")]
by_models = pytest.mark.django_db(transaction=True)
NOW = "to_char(now() AT TIME ZONE 'UTC' - interval '{}', 'YYYYMMDDHH24MISS')"


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    """Run a server with the users alice, bob and charlie, and one edited message between each two of them."""
    with django_db_blocker.unblock(), database_server() as server:
        with connected_to(server):
            people = [
                User.objects.create(username=name, password="!") for name in ("alice", "bob", "charlie")
            ]
            for sender, receiver in (people[:2], people[1:], people[::-2]):
                Message.objects.create(sender=sender, receiver=receiver, content=f"From {sender}").edit(
                    f"From {sender}, edited", by=sender
                )
        yield server


@pytest.fixture
def on_server(server, transactional_db):
    """Redirect the models to the server, with the rights of the application."""
    with connected_to(server):
        yield server


@pytest.fixture(scope="module")
def dump(server):
    """Make a backup that contains all users.

    It is renamed to a time in the past, so that later backups are newer.
    """
    made = server.back_up()
    for file in server.backups.glob(f"{made.name}*"):
        file.rename(file.with_name(file.name.replace(made.name, "bobbin-20260101T000000Z.dump")))
    old = made.with_name("bobbin-20260101T000000Z.dump")
    sums = old.with_name(f"{old.name}.sha256")
    sums.write_text(sums.read_text().replace(made.name, old.name))
    return old


def test_backup_without_its_checksum_is_no_backup(server, tmp_path):
    """On a full disk, the checksum fails after the dump. The service has to try again."""
    (tmp_path / "sha256sum").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "sha256sum").chmod(0o755)
    before = sorted(server.backups.glob("bobbin-*"))
    env = server.env | {"PATH": f"{tmp_path}:{server.env['PATH']}", "TMPDIR": str(tmp_path)}
    command = ["sh", SCRIPTS / "backup.sh", "every", "1"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as service:
        said = service.stdout.readline()
        while "no backup was made" in said and not (tmp_path / "backup-failed").exists():
            assert service.poll() is None
        service.terminate()

    assert said == "backup: the dump could not be stored; no backup was made\n"
    assert sorted(server.backups.glob("bobbin-*")) == before


@by_models
def test_backup_contains_no_sessions_and_no_failed_log_ins(on_server):
    now = timezone.now()
    alice = User.objects.get(username="alice")
    kept = {"session_key": "k3y" * 10 + "aa", "session_data": "data-of-the-session", "expire_date": now}
    Session.objects.create(**kept, user_id=alice.pk, started_at=now)
    AccessFailureLog.objects.create(
        username="name-that-was-tried", ip_address="203.0.113.77", user_agent="a-device", path_info="/tried/"
    )
    text = on_server.run("pg_restore", "--file=-", str(on_server.back_up()))

    secrets = ["k3y", "data-of-the-session", "name-that-was-tried", "203.0.113.77", "a-device", "/tried/"]
    assert [word for word in secrets if word in text] == []
    assert "CREATE TABLE public.accounts_session" in text
    assert "From alice, edited" in text


def test_backup_and_its_list_have_a_checksum_and_are_readable_by_their_owner_only(server, dump):
    files = [dump, dump.with_name(f"{dump.name}.erased"), dump.with_name(f"{dump.name}.sha256")]

    said = server.run("sh", "-c", f"cd backups && sha256sum --check {dump.name}.sha256")
    assert said.splitlines() == [f"{dump.name}: OK", f"{dump.name}.erased: OK"]
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_only_the_last_backups_are_kept_with_their_lists(server, dump):
    for day in range(1, 6):
        for ending in ("", ".sha256", ".erased"):
            dump.with_name(f"bobbin-2020010{day}T000000Z.dump{ending}").write_text("")
    before = {file.name for file in server.backups.glob("*.dump") if "-2020" not in file.name}
    made = server.back_up(KEEP=str(len(before) + 2))

    kept = {file.name for file in server.backups.glob("*.dump")}
    assert kept == before | {made.name, "bobbin-20200105T000000Z.dump"} or made.name in before
    assert {f"{name}.erased" for name in kept} == {file.name for file in server.backups.glob("*.erased")}
    for file in server.backups.glob("bobbin-2020*"):
        file.unlink()


DAMAGE = {
    "one byte of the dump": ("", lambda data: data[:-1] + b"x"),
    "half of the dump": ("", lambda data: data[: len(data) // 2]),
    "no dump": ("", lambda data: b""),
    "one digit of the list": (".erased", lambda data: data.replace(b"0", b"1", 1)),
    "another member in the list": (".erased", lambda data: data + data),
    "an empty list": (".erased", lambda data: b""),
    "a line less": (
        ".erased",
        lambda data: data[: data.rindex(b"\n", 0, -1) + 1] if data.count(b"\n") > 1 else b"\n",
    ),
    "no checksum": (".sha256", lambda data: b""),
    "another checksum": (".sha256", lambda data: b"0" * 64 + data[64:]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_restore_refuses_a_damaged_dump_or_list_and_changes_nothing(server, dump, damage):
    ending, change = DAMAGE[damage]
    file = dump.with_name(f"{dump.name}{ending}")
    whole, before = file.read_bytes(), server.sql("SELECT oid FROM pg_database ORDER BY 1")
    file.write_bytes(change(whole))
    try:
        said = server.restore(dump.name, status=1)
    finally:
        file.write_bytes(whole)

    assert "is damaged" in said
    assert server.sql("SELECT oid FROM pg_database ORDER BY 1") == before


FOREIGN = {
    "another program": ["--exclude-table=messaging_*", "--exclude-table=accounts_*"],
    "only messages": ["--table=messaging_message"],
    "without migrations": ["--exclude-table=django_migrations"],
    "nothing": ["--schema=nothing"],
}


@pytest.mark.parametrize("content", FOREIGN)
def test_restore_refuses_a_dump_of_another_program_and_changes_nothing(server, content):
    server.sql("CREATE SCHEMA IF NOT EXISTS nothing")
    before = replaced(server), server.sql("SELECT max(id) FROM messaging_message")
    foreign = server.backups / "bobbin-20200101T000000Z.dump"
    server.run("pg_dump", "--format=custom", "--file", str(foreign), "--section=pre-data", *FOREIGN[content])
    sum_of = f"cd backups && sha256sum {foreign.name} >{foreign.name}.sha256"
    server.run("sh", "-c", sum_of)
    said = server.restore(foreign.name, status=1)

    assert "this is a dump of another program, without Bobbin's tables; the old database is as it was" in said
    assert (replaced(server), server.sql("SELECT max(id) FROM messaging_message")) == before
    for file in server.backups.glob(f"{foreign.name}*"):
        file.unlink()


@by_models
def test_restore_refuses_a_database_in_use_and_leaves_it_open(on_server, dump):
    assert User.objects.exists()  # This opens a connection that stays open.

    assert "the database is in use (bobbin from here)" in on_server.restore(dump.name, status=1)
    assert on_server.sql("SELECT datconnlimit FROM pg_database WHERE datname = 'bobbin'") == [(-1,)]


def erase(server, name):
    with connected_to(server):
        [user] = User.objects.filter(username=name)
        number = user.pk
        user.delete()
    return number


def names(server):
    return [name for (name,) in server.sql("SELECT username FROM accounts_user ORDER BY 1")]


def replaced(server):
    listed = "SELECT datname FROM pg_database WHERE datname LIKE 'bobbin\\_before%' ORDER BY 1"
    return [name for (name,) in server.sql(listed, "postgres")]


@by_models
def test_restore_repeats_erasures_of_the_live_database_or_else_of_the_newest_list(server, dump):
    gone = erase(server, "bob")
    before = replaced(server)
    said = server.restore(dump.name)
    assert "1 members who were erased after" in said
    assert "lists every erasure until now" in said
    assert names(server) == ["alice", "charlie"]
    later = server.back_up()  # The list of this backup contains bob, but not alice.
    erase(server, "alice")
    server.sql("DROP DATABASE bobbin", "postgres")
    server.sql("CREATE DATABASE bobbin OWNER bobbin_owner", "postgres")  # As on a new machine.
    said = server.restore(dump.name)

    assert re.search(r"The lists beside the backups contain the erasures until 20.*are unknown", said)
    assert "you must erase them again" in said
    assert names(server) == ["alice", "charlie"]
    assert server.sql("SELECT user_id FROM accounts_erasure") == [(gone,)]
    assert server.sql("SELECT count(*) FROM accounts_session") == [(0,)]
    assert later.exists()
    assert len(replaced(server)) == len(before) + 2


def test_restore_without_a_list_says_that_erasures_are_unknown(server, dump):
    aside = server.folder / "aside"
    aside.mkdir()
    for file in server.backups.glob("*.erased"):
        file.rename(aside / file.name)
    server.sql("DROP DATABASE bobbin", "postgres")
    server.sql("CREATE DATABASE bobbin OWNER bobbin_owner", "postgres")
    said = server.restore(dump.name)
    for file in aside.iterdir():
        file.rename(server.backups / file.name)

    assert "No list of erasures belongs to this backup" in said
    assert names(server) == ["alice", "bob", "charlie"]


def test_replaced_database_is_dropped_by_a_backup_after_the_retention_only(server, dump):
    ages = {
        "6 days 23 hours": True,
        "7 days 1 hour": False,
        "8 days": False,
        "1 day": True,
        "400 days": False,
    }
    made = {}
    for age, stays in ages.items():
        [(time,)] = server.sql(f"SELECT {NOW.format(age)}", "postgres")
        made[f"bobbin_before_restore_{time}"] = stays
    made |= {"bobbin_before_restore": True, "bobbin_before_move_20200101000000": True, "bobbinXbefore": True}
    known = replaced(server)
    for name in made:
        server.sql(f'CREATE DATABASE "{name}" OWNER bobbin_owner', "postgres")
    server.back_up()

    assert replaced(server) == sorted(
        {*known, *(name for name, stays in made.items() if stays)} - {"bobbinXbefore"}
    )
    server.back_up(KEEP_REPLACED="0")
    assert replaced(server) == ["bobbin_before_move_20200101000000", "bobbin_before_restore"]


REFUSED = [
    "DROP TABLE messaging_message", "ALTER TABLE accounts_user ADD COLUMN made_up text",
    "CREATE TABLE made_up (id int)", "CREATE TEMPORARY TABLE made_up (id int)",
    "TRUNCATE messaging_message CASCADE", "UPDATE messaging_messagehistory SET old_content = 'never said'",
    "UPDATE accounts_erasure SET erased_at = now()", "DELETE FROM accounts_erasure",
    "DELETE FROM django_migrations", "ALTER DATABASE bobbin OWNER TO bobbin", "DROP DATABASE bobbin",
    "CREATE ROLE made_up", "ALTER ROLE bobbin SUPERUSER", "SET ROLE bobbin_owner",
    "DROP INDEX message_unread",
    "CREATE OR REPLACE FUNCTION messaging_search_text(text) RETURNS text LANGUAGE sql RETURN ''",
    "COPY accounts_user TO PROGRAM 'true'",
    "ALTER DEFAULT PRIVILEGES FOR ROLE bobbin_owner GRANT ALL ON TABLES TO bobbin",
    "ALTER TABLE messaging_message DISABLE TRIGGER ALL",
]  # fmt: skip


@pytest.mark.parametrize("statement", REFUSED)
def test_application_can_change_no_table_and_no_record(server, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.sql(statement, user="bobbin")


@by_models
def test_application_keeps_its_rights_after_a_restore(server, dump):
    server.restore(dump.name)
    with connected_to(server):
        people = {user.username: user for user in User.objects.all()}
        sent = Message.objects.create(sender=people["alice"], receiver=people["charlie"], content="x")
        sent.edit("y", by=people["alice"])
        gone = people["alice"].pk
        people["alice"].delete()
        assert Erasure.objects.filter(user_id=gone).exists()
    for statement in REFUSED:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.sql(statement, user="bobbin")
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert server.sql(owners) == [("bobbin_owner",)]


@pytest.mark.parametrize("times", [1, 2])
def test_tables_that_the_application_owned_are_given_to_their_owner(server, times):
    """A volume of an earlier release has such tables. The second run changes nothing."""
    server.sql("REASSIGN OWNED BY bobbin_owner TO bobbin; ALTER DATABASE bobbin OWNER TO bobbin")
    for _ in range(times):
        server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", "scripts/20-rights.sql")

    owners = """SELECT tableowner FROM pg_tables WHERE schemaname = 'public'
    UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'bobbin'"""
    assert server.sql(owners) == [("bobbin_owner",)]
    for statement in REFUSED:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.sql(statement, user="bobbin")


@by_models
def test_restore_after_a_killed_one_repeats_the_erasures_of_the_closed_database(server, dump):
    server.restore(dump.name)
    erase(server, "charlie")
    server.sql("ALTER DATABASE bobbin CONNECTION LIMIT 0 ALLOW_CONNECTIONS false", "postgres")
    server.sql("CREATE DATABASE bobbin_restoring", "postgres")
    said = server.restore(dump.name)

    assert "lists every erasure until now" in said
    assert "charlie" not in names(server)
    assert server.sql("SELECT 1 FROM pg_database WHERE datname = 'bobbin_restoring'") == []
