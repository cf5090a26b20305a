"""Every foreign key to a member, of any app or of the database alone, has a rule and follows it."""

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection
from django.db.models.signals import post_delete
from django.utils import timezone

import notifications.receivers
from accounts.models import Session, User
from messaging.models import Message, MessageHistory, Participant
from notifications.models import Notification

# Columns that hold the id of a member, found by following the foreign keys of PostgreSQL column by column:
# a composite key to a table whose column points to a member points to a member too.
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


# What makes a row that points to `victim`. A new key needs a line here, and a receiver that erases its rows.
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
    """Every foreign key to a member, by name: those that Django knows and those that PostgreSQL knows."""
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


@pytest.mark.parametrize(
    "uid", ["messaging.erase_messages", "notifications.erase_notifications", "accounts.erase_account"]
)
@pytest.mark.django_db(transaction=True)
def test_a_missing_receiver_fails_the_commit_and_loses_nothing(uid, alice, bob, browser_of, without):
    write(alice, bob).edit("Changed", by=alice)
    browser_of(alice)
    models = [User, Session, Message, MessageHistory, Participant, Notification]
    before = [list(model.objects.order_by("pk").values()) for model in models]
    connect = without(post_delete, User, uid)

    with pytest.raises(IntegrityError):
        User.objects.get(pk=alice.pk).delete()
    assert [list(model.objects.order_by("pk").values()) for model in models] == before

    connect()
    User.objects.get(pk=alice.pk).delete()
    assert [model.objects.count() for model in models] == [1, 0, 0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_erasers_in_the_wrong_order_fail_the_commit_and_lose_nothing(message, alice, without):
    name = {"sender": User, "dispatch_uid": "notifications.erase_notifications"}
    in_order = without(post_delete, User, name["dispatch_uid"])
    post_delete.connect(notifications.receivers.erase, **name)  # Now behind messaging.

    with pytest.raises(IntegrityError):
        User.objects.get(pk=alice.pk).delete()
    assert Message.objects.get() == message
    assert Notification.objects.count() == 1

    in_order()
    User.objects.get(pk=alice.pk).delete()
    assert not Message.objects.exists()
