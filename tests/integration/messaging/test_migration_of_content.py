"""Migrations of the constraint on texts.

They accept the rows of every earlier release and are reversible.
"""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from zeal import zeal_ignore

from messaging.models import Message

NAMES = ("0007_content_in_every_locale", "0008_validate_content")
# Texts that earlier releases accepted, and blanks that passed because the locale did not count them as blank.
ODD = ["\u200b", "\u2800", "\u3164\u200e", "\u00a0", "\u3000", "\x1c", "\u0378", "\ue000"]
RULE = "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 'message_content'"


def _run(direction: str) -> None:
    loader = MigrationLoader(connection)
    for name in NAMES if direction == "forwards" else NAMES[::-1]:
        migration = loader.get_migration("messaging", name)
        state = loader.project_state(migration.dependencies[0])
        with connection.schema_editor() as editor:
            getattr(migration, {"forwards": "apply", "backwards": "unapply"}[direction])(state, editor)


def _rule() -> tuple[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(RULE)
        return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_rule_of_texts_is_valid_with_the_rows_of_every_release_and_goes_back(
    write_many, alice, bob, wrong_counters
):
    now = _rule()
    odd = write_many(alice, bob, len(ODD))
    try:
        _run("backwards")
        assert r"'\S'" in _rule()[0]
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE messaging_message DROP CONSTRAINT message_content")
            for message, content in zip(odd, ODD, strict=True):
                cursor.execute(
                    "UPDATE messaging_message SET content = %s WHERE id = %s", [content, message.pk]
                )
            # Some locales accept all these texts.
            cursor.execute("ALTER TABLE messaging_message ADD CONSTRAINT message_content CHECK (true)")
    finally:
        _run("forwards")

    assert _rule() == now == (now[0], True)
    assert Message.objects.mark_all_read(bob) == len(ODD)
    assert wrong_counters() == []
    written_by_every_way(list(Message.objects.order_by("pk")), alice)
    assert wrong_counters() == []


def written_by_every_way(messages, alice):
    """Check every way to update, answer or delete a message whose text shows nothing."""
    with zeal_ignore():
        for message, content in zip(messages, ODD, strict=True):
            message.mark_unread()
            message.mark_read()
            message.save()
            Message.objects.create(
                sender=message.receiver, receiver=message.sender, content="?", parent_message=message
            )
            message.refresh_from_db()
            assert (message.content, message.read) == (content, True)
            message.edit("Something", by=alice)
            message.refresh_from_db()
            assert (message.content, message.history.get().old_content) == ("Something", content)
    alice.delete()
    assert not Message.objects.exists()
