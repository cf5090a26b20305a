"""Every foreign key that leads to a user, even through messages, has a rule of erasure and follows it.

This includes keys that only the database knows.
"""

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts import erasure_checks, erasure_phases
from accounts.models import Session, User
from messaging.models import Message, MessageHistory, Participant
from notifications.models import Notification

# Every column of a foreign key whose table leads to a user, and whether it contains the id of a user.
# Composite keys are followed column by column.
TO_USERS = """
WITH RECURSIVE pairs AS (
  SELECT c.conrelid AS rel, k.col, c.confrelid AS to_rel, k.to_col
  FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (col, to_col)
  WHERE c.contype = 'f'
), tables (rel) AS (
  SELECT 'accounts_user'::regclass::oid UNION SELECT p.rel FROM pairs p JOIN tables t ON p.to_rel = t.rel
), ids (rel, col) AS (
  SELECT 'accounts_user'::regclass::oid, attnum FROM pg_attribute
  WHERE attrelid = 'accounts_user'::regclass AND attname = 'id'
  UNION SELECT p.rel, p.col FROM pairs p JOIN ids i ON p.to_rel = i.rel AND p.to_col = i.col
)
SELECT p.rel::regclass::text, a.attname, bool_or((p.rel, p.col) IN (SELECT rel, col FROM ids))
FROM pairs p JOIN tables t ON p.to_rel = t.rel JOIN pg_attribute a ON a.attrelid = p.rel AND a.attnum = p.col
GROUP BY 1, 2
"""
MISSING = """{key} leads to a user, and RULES has no line for it. Add a function that makes such a row for
`victim`. Delete the rows in a phase of the erasure (erasure.py of the app), and name the model there."""


def session(victim, other):
    Session.objects.create(session_key="k", session_data="", expire_date=timezone.now(), user=victim)


def write(sender, receiver, **fields):
    return Message.objects.create(sender=sender, receiver=receiver, content="Hello", **fields)


def answer(victim, other):
    write(other, victim, parent_message=write(victim, other))


def moderate(victim, other):
    victim.user_permissions.add(Permission.objects.get(codename="change_message"))
    write(other, User.objects.create(username="dora")).edit("Moderated", by=victim)


# Each function makes a row that leads to `victim`, by itself or through a message. A new foreign key needs a
# line here, and a phase that erases its rows.
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
    "messaging.Participant.conversation": write,
    "messaging.Participant.last_message": write,
    "messaging.Participant.user": write,
    "messaging.Participant.counterpart": write,
    "messaging.Message.conversation": write,
    "messaging.Message.parent_message": answer,
    "messaging.Message.thread": answer,
    "messaging.Message.thread_root": answer,
    "messaging.Message.sender": write,
    "messaging.Message.receiver": lambda victim, other: write(other, victim),
    "messaging.MessageHistory.message": lambda victim, other: write(other, victim).edit("Edited", by=other),
    "messaging.MessageHistory.edited_by": moderate,
    "messaging.Thread.root": answer,
    "messaging.Thread.last_reply": answer,
    "messaging.Thread.low": answer,
    "messaging.Thread.high": lambda victim, other: answer(victim, User.objects.create(pk=-1, username="d")),
    "notifications.Notification.message": write,
    "notifications.Notification.user": lambda victim, other: write(other, victim),
}


def keys() -> dict[str, tuple[str, str, bool]]:
    """Return table, column and kind of every foreign key that leads to a user, by name.

    The kind is True if the column contains the id of a user. The keys come from Django's models and from
    PostgreSQL's catalog.
    """
    models = apps.get_models(include_auto_created=True)
    names = {(f.model._meta.db_table, f.column): f for m in models for f in m._meta.local_concrete_fields}
    known = erasure_checks.keys_to_users(models)
    found = {(key.model._meta.db_table, key.column): key.related_model is User for key in known}
    with connection.cursor() as cursor:
        cursor.execute(TO_USERS)
        found |= {(table, column): is_user for table, column, is_user in cursor.fetchall()}
    return {str(names.get(place, ".".join(place))): (*place, is_user) for place, is_user in found.items()}


def leading_to(pk, table, column, is_user) -> int:
    """Count the rows with this user. Without the id of a user, count all rows: each belongs to `victim`."""
    condition = f"= {int(pk)}" if is_user else "IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" {condition}')
        return cursor.fetchone()[0]


def missing_rules() -> list[str]:
    return [MISSING.format(key=key) for key in sorted(set(keys()) - set(RULES))]


def test_every_foreign_key_that_leads_to_a_user_has_a_rule_of_erasure(db):
    assert not missing_rules(), "\n".join(missing_rules())
    assert set(RULES) <= set(keys()), "RULES has a line for a foreign key that does not exist"


@pytest.mark.parametrize("parent", ["accounts_user", "messaging_message", "messaging_participant"])
def test_table_that_only_the_database_knows_needs_a_rule(parent, db):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE pins (of_id bigint REFERENCES {parent} ON DELETE CASCADE)")
        cursor.execute("ALTER TABLE pins ADD PRIMARY KEY (of_id)")
        cursor.execute("CREATE TABLE notes (pin bigint REFERENCES pins)")

    assert [text.split()[0] for text in missing_rules()] == ["notes.pin", "pins.of_id"]


def test_composite_keys_are_followed_to_the_user(db):
    assert keys()["messaging.Message.sender"] == ("messaging_message", "sender_id", True)
    assert keys()["messaging.Message.receiver"] == ("messaging_message", "receiver_id", True)


@pytest.mark.parametrize("key", RULES)
def test_no_row_leads_to_an_erased_user(key, member):
    victim, other = member("victim"), member("other")
    RULES[key](victim, other)
    pk, places = victim.pk, keys()
    assert leading_to(pk, *places[key])

    victim.delete()
    connection.check_constraints()
    left = {name: leading_to(pk, *place) for name, place in places.items() if place[-1] or name == key}
    assert left == dict.fromkeys(left, 0)


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
        patch.setitem(erasure_phases._functions, phase, lambda user, using: None)
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
