"""Both people's sides of a conversation: what was written last, and how much of it is unread.

They change together with the messages, under the lock of the conversation (messaging/placing.py).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import connections, transaction

from messaging.signals import messages_read

if TYPE_CHECKING:
    from messaging.models import Message

LOCK = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
RECORD = """
UPDATE messaging_participant p
SET last_message_id = GREATEST(p.last_message_id, sent.last), unread_count = p.unread_count + sent.unread
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[]) AS sent (conversation_id, side, last, unread)
WHERE p.conversation_id = sent.conversation_id AND p.user_id = sent.side
"""
MARK_READ = """
WITH locked AS (SELECT id FROM messaging_conversation WHERE id = %(conversation_id)s FOR NO KEY UPDATE),
marked AS (
  UPDATE messaging_message SET read = true
  WHERE conversation_id = (SELECT id FROM locked) AND receiver_id = %(reader_id)s AND NOT read
    AND id BETWEEN %(first)s AND %(last)s AND thread = COALESCE(%(thread)s, thread)
  RETURNING id
)
UPDATE messaging_participant SET unread_count = unread_count - (SELECT count(*) FROM marked)
WHERE conversation_id = %(conversation_id)s AND user_id = %(reader_id)s AND EXISTS (SELECT FROM marked)
RETURNING (SELECT count(*) FROM marked), counterpart_id
"""
RECOUNT = """
UPDATE messaging_participant p SET
  last_message_id = (SELECT max(id) FROM messaging_message m WHERE m.conversation_id = p.conversation_id),
  unread_count = (SELECT count(*) FROM messaging_message m
                  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read)
WHERE p.conversation_id = ANY(%s)
"""


def record_sent(messages: Iterable["Message"], *, using: str) -> None:
    """Put new messages on top of both inboxes and count what is unread: one statement, however many."""
    sides: dict[tuple[int, int], tuple[int, int]] = {}
    for message in messages:
        for user_id in (message.sender_id, message.receiver_id):
            last, unread = sides.get((message.conversation_id, user_id), (0, 0))
            new = user_id == message.receiver_id and not message.read
            sides[message.conversation_id, user_id] = (max(last, message.pk), unread + new)
    rows = sorted((*key, *value) for key, value in sides.items())
    if rows:
        execute(using, RECORD, [list(column) for column in zip(*rows, strict=True)])


def mark_read(
    *, reader_id: int, conversation_id: int, last: int, using: str, first: int = 0, thread: int | None = None
) -> int:
    """Mark what the reader received from message `first` to `last` as read; return how many that were.

    One statement changes only the flag and the counter: saving whole messages could undo an edit.
    """
    arguments = {"conversation_id": conversation_id, "first": first, "last": last, "thread": thread}
    arguments["reader_id"] = reader_id
    with transaction.atomic(using=using):
        counted = execute(using, MARK_READ, arguments)
        if not counted:
            return 0
        [(count, writer_id)] = counted
        tell_read(using, writer_id=writer_id, **arguments)
    return count


def tell_read(using: str, **what) -> None:
    """Tell the apps that depend on messaging what has been read; `messages_read` names the arguments."""
    messages_read.send(sender=apps.get_model("messaging.Message"), using=using, **what)


def lock(conversation_ids: Iterable[int], *, using: str) -> None:
    """Wait for whoever changes these conversations, and keep others out until the transaction ends."""
    execute(using, LOCK, [list(conversation_ids)])


def recount(conversation_ids: Iterable[int], *, using: str) -> None:
    """Set last message and counter of both people from the messages; the conversations are locked already."""
    execute(using, RECOUNT, [list(conversation_ids)])


def execute(using: str, statement: str, arguments) -> list[tuple]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []
