"""Every foreign key to a user has a rule of erasure and follows it.

This includes keys that only the database knows.
"""

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts import erasure_phases
from accounts.models import Session, User
from messaging.models import Message, MessageHistory, Participant
from notifications.models import Notification

# Find the columns that hold the id of a user by following the foreign keys column by column. A composite key
# points to a user if the column that it references does.
TO_MEMBERS = """
WITH RECURSIVE pairs AS (
  SELECT c.conrelid AS rel, k.col, c.confrelid AS to_rel, k.to_col
  FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (col, to_col)
  WHERE c.contype = 'f'
), found (rel, col) AS (
  SELECT 'accounts_user'::regclass::oid, attnum FROM pg_attribute
  WHERE attrelid = 'accounts_user'::regclass AND attname = 'id'
  UNION SELECT p.rel, p.col FROM pairs p JOIN found f ON p.to_rel = f.rel AND p.to_col = f.col
)
SELECT found.rel::regclass::text, a.attname
FROM found JOIN pg_attribute a ON a.attrelid = found.rel AND a.attnum = found.col
WHERE found.rel <> 'accounts_user'::regclass
"""


def session(victim, other):
    Session.objects.create(session_key="k", session_data="", expire_date=timezone.now(), user=victim)


def write(sender, receiver):
    return Message.objects.create(sender=sender, receiver=receiver, content="Hello")


def moderate(victim, other):
    victim.user_permissions.add(Permission.objects.get(codename="change_message"))
    write(other, User.objects.create(username="dora")).edit("Moderated", by=victim)


# Each function makes a row that points to `victim`. A new foreign key needs an entry here, and a receiver
# that erases its rows.
RULES = {
    "accounts.Session.user": session,
    "accounts.User_groups.user": lambda victim, other: victim.groups.add(Group.objects.create(name="g")),
    "accounts.User_user_permissions.user": lambda victim, other: victim.user_permissions.add(
        Permission.objects.first()
    ),
    "admin.LogEntry.user": lambda victim, other: LogEntry.objects.log_actions(victim.pk, [other], CHANGE),
    "messaging.Conversation.low": write,
    "messaging.Conversation.high": lambda victim, other: write(
        victim, User.objects.create(pk=-1, username="d")
    ),
    "messaging.Participant.user": write,
    "messaging.Participant.counterpart": write,
    "messaging.Message.sender": write,
    "messaging.Message.receiver": lambda victim, other: write(other, victim),
    "messaging.MessageHistory.edited_by": moderate,
    "notifications.Notification.user": lambda victim, other: write(other, victim),
}


def keys() -> dict[str, tuple[str, str]]:
    """Return every foreign key to a user by name, from Django's models and PostgreSQL's catalog."""
    names, found = {}, {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            place = (model._meta.db_table, field.column)
            names[place] = f"{model._meta.label}.{field.name}"
            if field.remote_field and field.related_model is User:
                found[names[place]] = place
    with connection.cursor() as cursor:
        cursor.execute(TO_MEMBERS)
        return found | {names.get(place, ".".join(place)): place for place in cursor.fetchall()}


def pointing_to(pk, place) -> int:
    table, column = place
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', [pk])
        return cursor.fetchone()[0]


def test_every_foreign_key_to_a_member_has_a_rule_of_erasure(db):
    assert set(keys()) == set(RULES)


def test_composite_keys_are_followed_to_the_member(db):
    with connection.cursor() as cursor:
        cursor.execute(TO_MEMBERS)
        found = set(cursor.fetchall())

    assert {("messaging_message", "sender_id"), ("messaging_message", "receiver_id")} <= found


@pytest.mark.parametrize("key", RULES)
def test_no_row_points_to_an_erased_member(key, member):
    victim, other = member("victim"), member("other")
    RULES[key](victim, other)
    pk, place = victim.pk, keys()[key]
    assert pointing_to(pk, place)

    victim.delete()
    connection.check_constraints()
    assert {name: pointing_to(pk, place) for name, place in keys().items()} == dict.fromkeys(keys(), 0)


@pytest.mark.parametrize("phase", ["notifications", "messages", "account"])
@pytest.mark.django_db(transaction=True)
def test_erasure_without_a_phase_fails_the_commit_and_loses_nothing(
    phase, alice, bob, browser_of, monkeypatch
):
    write(alice, bob).edit("Changed", by=alice)
    browser_of(alice)
    models = [User, Session, Message, MessageHistory, Participant, Notification]
    before = [list(model.objects.order_by("pk").values()) for model in models]
    with monkeypatch.context() as patch:
        patch.setitem(erasure_phases._functions, phase, {})
        with pytest.raises(IntegrityError):
            User.objects.get(pk=alice.pk).delete()
    assert [list(model.objects.order_by("pk").values()) for model in models] == before

    User.objects.get(pk=alice.pk).delete()
    assert [model.objects.count() for model in models] == [1, 0, 0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_erasure_with_phases_in_the_wrong_order_fails_the_commit_and_loses_nothing(
    message, alice, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(erasure_phases, "AFTER_DELETE", ("invalidate", "messages", "notifications", "account"))
        with pytest.raises(IntegrityError):
            User.objects.get(pk=alice.pk).delete()
    assert Message.objects.get() == message
    assert Notification.objects.count() == 1

    User.objects.get(pk=alice.pk).delete()
    assert not Message.objects.exists()


def test_phases_have_one_function_each():
    assert erasure_phases.check_phases(None) == []
    assert {phase: len(names) for phase, names in erasure_phases.registered().items()} == dict.fromkeys(
        erasure_phases.PHASES, 1
    )


def test_check_of_an_unknown_phase_fails(monkeypatch):
    monkeypatch.setitem(erasure_phases._functions, "attachments", {"app.erase": print})

    [error] = erasure_phases.check_phases(None)
    assert error.id == "accounts.E001"
    assert "“attachments”" in error.msg


@pytest.mark.parametrize("functions", [{}, {"app.one": print, "app.two": print}])
def test_check_of_a_phase_without_one_function_fails(functions, monkeypatch):
    monkeypatch.setitem(erasure_phases._functions, "messages", functions)

    [error] = erasure_phases.check_phases(None)
    assert error.id == "accounts.E002"
