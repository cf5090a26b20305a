"""Reading: what happens when a user reads messages, or marks one as unread again.

One statement locks the conversations, sets the flag of the messages and lowers the unread counter of the
reader. The signal `messages_read` follows in the same transaction: its receivers mark the notifications as
read, and publish the change after the commit. A notification is read if and only if its message is
(docs/decisions/0015), so this is the only code that marks as read.

The statements change only the flag, its time and the counter, because saving whole rows could undo an edit.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from accounts.concurrent_erasure import existing
from messaging.inbox import recount
from messaging.message_fields import MessageFields
from messaging.signals import Read, messages_read
from messaging.statements import execute, lock_conversations

LATEST = 2**63 - 1  # Greater than every id.
MOST_IDS = 1_000  # Of a signal. A statement has at most 65,535 parameters, and open pages receive the ids.

# `which` is the SQL condition that selects the messages. `sides` selects each id as one value, because the
# plan of a join could read all conversations of the reader.
MARK = """
WITH marked_here AS (
  SELECT DISTINCT conversation_id FROM messaging_message
  WHERE receiver_id = %(reader_id)s AND NOT read AND {which}
), locked AS MATERIALIZED (
  SELECT id FROM messaging_conversation WHERE id IN (SELECT conversation_id FROM marked_here)
  ORDER BY id FOR NO KEY UPDATE
), marked AS (
  UPDATE messaging_message SET read = true, read_at = %(at)s
  WHERE receiver_id = %(reader_id)s AND NOT read AND {which} AND conversation_id IN (SELECT id FROM locked)
  RETURNING conversation_id, id
), counted AS (
  SELECT conversation_id, count(*) AS messages, array_agg(id ORDER BY id) AS ids
  FROM marked GROUP BY conversation_id
), sides AS (
  SELECT messages, ids, (
    SELECT id FROM messaging_participant
    WHERE conversation_id = counted.conversation_id AND user_id = %(reader_id)s) AS id
  FROM counted
)
UPDATE messaging_participant p SET unread_count = unread_count - c.messages
FROM sides c WHERE p.id = c.id
RETURNING p.conversation_id, p.counterpart_id, c.messages, {shown}
"""
MARK_IDS = MARK.format(which="id = ANY(%(ids)s)", shown="c.ids")
MARK_HERE = MARK.format(
    which="conversation_id = %(conversation)s AND id <= %(up_to)s",
    shown=f"CASE WHEN c.messages <= {MOST_IDS} THEN c.ids END",
)
MARK_UP_TO = MARK.format(which="id <= %(up_to)s", shown="NULL")


def mark_ids(reader_id: int, ids: Sequence[int], using: str) -> int:
    """Mark the messages with these ids that the reader received as read; return how many changed."""
    return _mark(MARK_IDS, {"reader_id": reader_id, "ids": list(ids)}, using)


def mark_conversation(reader_id: int, conversation_id: int, up_to: int, using: str) -> int:
    """Mark the messages of a conversation up to id `up_to` as read; return how many changed."""
    return _mark(MARK_HERE, {"reader_id": reader_id, "conversation": conversation_id, "up_to": up_to}, using)


def _mark(statement: str, parameters: dict[str, Any], using: str) -> int:
    reader_id, at = parameters["reader_id"], timezone.now()
    with transaction.atomic(using=using, savepoint=False):
        counted = execute(using, statement, parameters | {"at": at})
        for conversation_id, writer_id, _, marked in counted:
            which = (marked[-1], conversation_id, marked) if marked else (parameters["up_to"],)
            _send(Read(reader_id, [writer_id], at, *which), using)
    return sum(count for _, _, count, _ in counted)


def mark_up_to(reader_id: int, up_to: int, using: str) -> int:
    """Mark all messages up to id `up_to` that the reader received as read; return how many changed."""
    with transaction.atomic(using=using, savepoint=False):
        at = timezone.now()
        counted = execute(using, MARK_UP_TO, {"reader_id": reader_id, "up_to": up_to, "at": at})
        if counted:
            _send(Read(reader_id, [writer_id for _, writer_id, _, _ in counted], at, up_to), using)
    return sum(count for _, _, count, _ in counted)


def save_flag(message: MessageFields, write: Callable[[], None], *, using: str) -> None:
    """Save a message whose flag `read` and its time were changed. `write` saves the row, in a transaction.

    A message that becomes unread again sends no signal of its own: receivers of `post_save` react to it.
    Raise Message.DoesNotExist if the row was deleted.
    """
    lock_conversations([message.conversation_id], using=using)
    with existing(message, "The message was deleted meanwhile."):
        write()
    recount([message.conversation_id], using=using)
    if message.read_at:
        people = message.receiver_id, [message.sender_id]
        _send(Read(*people, message.read_at, message.pk, message.conversation_id, [message.pk]), using)


def _send(read: Read, using: str) -> None:
    messages_read.send(sender=apps.get_model("messaging.Message"), read=read, using=using)
