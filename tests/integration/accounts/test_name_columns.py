"""The key of a name is correct after every way in which Django can change the name."""

import json

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts import lookalikes, names
from accounts.models import User

NAMES = ["Straße", "ΝΊΚΟΣ", "ａｎｎ", "kıwı", "Jose\u0301"]


def check(user, name):
    user.refresh_from_db()
    assert user.username == name
    assert (user.name_key, user.look_alike_group) == (names.key(name), lookalikes.group(name))
    assert User.objects.get_by_natural_key(name.upper()) == user


def _save(user, name):
    user.username = name
    user.save(update_fields=["username"])


def _fixture(user, name):
    [record] = json.loads(serializers.serialize("json", [user]))
    record["fields"] = {key: value for key, value in record["fields"].items() if key not in DERIVED}
    record["fields"]["username"] = name
    for one in serializers.deserialize("json", json.dumps([record])):
        one.save()


DERIVED = {"name_key", "look_alike_group", "exact_name", "named_at"}
WAYS = {
    "save": _save,
    "update_or_create": lambda user, name: User.objects.update_or_create(
        pk=user.pk, defaults={"username": name}
    ),
    "fixture": _fixture,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_key_follows_the_name_after_every_kind_of_change(alice, way, name):
    WAYS[way](alice, name)

    check(alice, name)


@pytest.mark.parametrize("way", WAYS)
def test_new_name_sets_its_time_in_every_way(alice, way):
    User.objects.filter(pk=alice.pk).update(email="a@example.com")
    before = User.objects.get(pk=alice.pk).named_at
    WAYS[way](alice, "alicia")

    assert User.objects.get(pk=alice.pk).named_at > before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spelling", ["alice", "ALICE", "ａｌｉｃｅ"])
def test_other_spelling_of_a_name_keeps_its_time_in_every_way(alice, way, spelling):
    before = User.objects.get(pk=alice.pk).named_at
    WAYS[way](alice, spelling)

    assert User.objects.get(pk=alice.pk).named_at == before


@pytest.mark.parametrize("fields", [None, ["username"], ["email"]])
def test_stale_copy_that_is_saved_keeps_the_time_of_the_name(alice, fields):
    stale = User.objects.get(pk=alice.pk)
    for name in ("alicia", "alice"):
        _save(alice, name)
    renamed = User.objects.get(pk=alice.pk).named_at
    stale.save(update_fields=fields)

    assert User.objects.get(pk=alice.pk).named_at == renamed > stale.date_joined


@pytest.mark.parametrize("way", WAYS)
def test_name_from_before_the_column_keeps_no_time_in_another_spelling(alice, way):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET named_at = NULL")
    WAYS[way](User.objects.get(pk=alice.pk), "Alice")

    assert User.objects.get(pk=alice.pk).named_at is None


@pytest.mark.parametrize("column", ["username", *sorted(DERIVED)])
def test_bulk_change_of_a_name_column_is_refused(alice, column):
    for change in (
        lambda: User.objects.filter(pk=alice.pk).update(**{column: "eve"}),
        lambda: User.objects.bulk_update([alice], [column]),
        lambda: User.objects.bulk_create([alice], update_conflicts=True, update_fields=[column]),
    ):
        with pytest.raises(TypeError), transaction.atomic():
            change()

    check(alice, "alice")


@pytest.mark.parametrize("way", WAYS)
def test_name_with_the_key_of_another_member_is_refused_by_every_way(alice, bob, way):
    with pytest.raises(IntegrityError), transaction.atomic():
        WAYS[way](alice, "BOB")

    check(alice, "alice")


def test_fixture_that_was_dumped_is_loaded_with_its_keys(alice, tmp_path):
    dump = tmp_path / "users.json"
    call_command("dumpdata", "accounts.user", output=str(dump), verbosity=0)
    dump.write_text(dump.read_text().replace('"alice"', '"Stra\\u00dfe"'))
    call_command("loaddata", str(dump), verbosity=0)

    check(alice, "Straße")
