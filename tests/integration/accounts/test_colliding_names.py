"""Existing accounts that got the same name key in an upgrade.

Each account keeps its log-in, and none is mistaken for the other.

The database had the locale C. It was moved to another locale and then upgraded.
"""

import re
from io import StringIO
from unicodedata import normalize

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from zeal import zeal_context

from accounts import lookalikes, names
from accounts.forms import AddMemberForm, SignUpForm
from accounts.models import User
from messaging.search import parse, search
from tests.support.databases import REFUSED, database_of, move

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("upgraded"), pytest.mark.xdist_group("locale")]
BEFORE = "0006_fill_session_started_at"
PASSWORD = "a-long-enough-1"
# Each tuple has the names of two accounts and a third spelling.
PAIRS = [
    ("José", normalize("NFD", "José"), "JOSÉ"),
    ("élodie", "ÉLODIE", "Élodie"),
    ("елена", "ЕЛЕНА", "Елена"),
    ("Straße", "strasse", "STRASSE"),
    ("kiwi", "kıwi", "KIWI"),
    ("Νίκος", "νίκοσ", "ΝΊΚΟΣ"),
    ("ann", "ａｎｎ", "ANN"),
]
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: ascii(pair[0]))
ALONE = ["solo", "ÜBER", "..", "tіki", "o1ga", "olga", "a/b"]
OTHERS = 4_500  # This makes more than two batches.
INSERT = """
INSERT INTO accounts_user (password, is_superuser, username, email, is_staff, is_active, date_joined)
SELECT '!', false, name, '', false, true, now() FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place)
ORDER BY place
"""
COLUMNS = "SELECT id, username, name_key, exact_name, look_alike_group FROM accounts_user ORDER BY id"


def migrate_to(name: str) -> None:
    MigrationExecutor(connection).migrate([("accounts", name)])


@pytest.fixture(scope="module")
def upgraded(django_db_setup, django_db_blocker):
    people = [name for first, second, _ in PAIRS for name in (first, second)]
    with django_db_blocker.unblock(), database_of(REFUSED["libc C"], filled=True) as database:
        migrate_to(BEFORE)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [people + ALONE + [f"Other{n}" for n in range(OTHERS)]])
        done = move(database)
        assert done.returncode == 0, done.stderr
        call_command("migrate", "-v0")
        yield


def accounts(pair):
    people = {user.username: user for user in User.objects.filter(username__in=pair[:2])}
    return [people[name] for name in pair[:2]]


def found(name):
    with zeal_context():
        return User.objects.named(name).first()


def rows():
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return cursor.fetchall()


def test_upgrade_gives_every_member_the_columns_of_the_name():
    assert len(rows()) == 2 * len(PAIRS) + len(ALONE) + OTHERS
    later = {second for _, second, _ in PAIRS}
    assert [row for row in rows() if (row[2], row[4]) != (names.key(row[1]), lookalikes.group(row[1]))] == []
    assert {row[1]: row[3] for row in rows() if row[3]} == {name: name for name in later}


@every_pair
def test_accounts_of_one_key_are_found_by_their_exact_names_only(pair):
    first, second = accounts(pair)

    assert [found(name) for name in pair] == [first, second, None]


@pytest.mark.parametrize("name", ALONE)
def test_old_account_with_a_unique_key_is_found_by_any_spelling(name):
    assert found(name.swapcase()).username == name


@pytest.mark.parametrize("pair", PAIRS[:3], ids=lambda pair: ascii(pair[0]))
def test_accounts_of_one_key_log_in_by_their_exact_names_only(pair):
    first, second = accounts(pair)
    for user in (first, second):
        user.set_password(PASSWORD)
        user.save()
    logged_in = []
    for name in pair:
        client = Client()
        client.post("/accounts/login/", {"username": name, "password": PASSWORD})
        logged_in.append(client.session.get("_auth_user_id"))

    assert logged_in == [str(first.pk), str(second.pk), None]


@every_pair
def test_messages_to_accounts_of_one_key_reach_the_exact_name_only(pair, alice, browser_of):
    first, second = accounts(pair)
    pages = browser_of(alice)
    for name, status in zip(pair, (302, 302, 422), strict=True):
        assert pages.post("/chats/new/", {"to": name, "content": f"warp {name}"}).status_code == status
        assert pages.get(f"/chats/with/{name}/").status_code == (302 if status == 302 else 404)
    for name, user in zip(pair, (first, second, None), strict=True):
        [hits] = [search(alice.pk, parse(f"warp to:{name}", "alice"), 5)]
        assert [hit.receiver_name for hit in hits.rows] == ([user.username] if user else [])
        assert hits.unknown == ([] if user else [name])


@every_pair
def test_form_made_for_one_account_of_a_key_sends_to_the_other_after_a_change_of_the_name(
    pair, alice, browser_of
):
    pages = browser_of(alice)
    form = pages.get("/chats/new/", {"to": pair[0]}).content.decode()
    made = re.search(r'name="made" value="([^"]*)"', form)[1]

    assert pages.post("/chats/new/", {"to": pair[1], "made": made, "content": "warp"}).status_code == 302


@every_pair
def test_name_of_accounts_with_one_key_is_refused_everywhere(pair):
    for name in pair:
        for form in (SignUpForm, AddMemberForm):
            assert "is taken" in str(form({"username": name}).errors["username"])
        with zeal_context(), pytest.raises(CommandError, match=r"(already|is) taken"):
            call_command("createsuperuser", "--noinput", username=name, email="a@b.example")
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(username=name.swapcase())


@every_pair
def test_saving_an_account_of_one_key_changes_nothing(pair):
    before = rows()
    for user in accounts(pair):
        user.full_clean(exclude=["password"])
        user.save()
        user.save(update_fields=["username"])

    assert rows() == before


@every_pair
@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("how", ["renamed", "erased"])
def test_remaining_account_of_one_key_is_found_by_any_spelling(pair, left, how):
    people = accounts(pair)
    stays, goes = people[left], people[1 - left]
    if how == "erased":
        goes.delete()
    else:
        goes.username = "somebody"
        goes.save()
        assert User.objects.filter(username="somebody", exact_name="").exists()

    assert [found(name) for name in pair] == [stays] * 3


def test_command_lists_exactly_the_accounts_of_one_key():
    out = StringIO()
    call_command("list_colliding_names", stdout=out)
    listed = [line.split("\t") for line in out.getvalue().splitlines()]

    assert {tuple(names.key(line[3]) for line in listed[n : n + 2]) for n in range(0, len(listed), 2)} == {
        (names.key(first),) * 2 for first, _, _ in PAIRS
    }
    assert {line[3] for line in listed} == {name for pair in PAIRS for name in pair[:2]}


def test_command_says_when_no_names_collide():
    User.objects.filter(username__in=[second for _, second, _ in PAIRS]).delete()
    out = StringIO()
    call_command("list_colliding_names", stdout=out)

    assert out.getvalue() == "No two names differ in spelling only.\n"


def test_migrations_of_names_go_back_and_forth_with_members():
    """Only names that the old index accepts can be migrated back.

    The old index refuses names that `upper` makes equal.
    """
    User.objects.filter(username__in=["ÉLODIE", "ЕЛЕНА", "kıwi", "νίκοσ"]).delete()
    before = rows()
    connection.check_constraints()
    migrate_to(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [["written by the release of before"]])
    migrate_to("0009_unique_name_keys")

    assert rows()[:-1] == before
    assert rows()[-1][2] == "written by the release of before"


def test_migration_of_look_alikes_computes_their_groups_again_in_batches():
    before = rows()
    migrate_to("0009_unique_name_keys")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET look_alike_group = name_key")
    migrate_to("0010_regroup_look_alikes")

    assert rows() == before


def test_migration_back_with_names_that_the_old_rule_refuses_changes_nothing():
    before = rows()
    with pytest.raises(IntegrityError, match="user_username_ci"), transaction.atomic():
        migrate_to(BEFORE)

    assert rows() == before
