"""Reading: what happens when a user reads messages, or marks one as unread again.

One statement locks the conversations, sets the flag of the messages and lowers the unread counter of the
reader. The signal `messages_read` follows in the same transaction: its receivers mark the notifications as
read, and publish the change after the commit. A notification is read if and only if its message is
(docs/decisions/0015), so this is the only code that marks as read.

The statements change only the flag and the counter, because saving whole rows could undo an edit.
"""

from collections.abc import Callable, Sequence

from django.apps import apps
from django.db import transaction

from messaging.inbox import recount
from messaging.message_fields import MessageFields
from messaging.signals import messages_read
from messaging.statements import execute, lock_conversations

LATEST = 2**63 - 1  # Greater than every id.

MARK_RANGE = """
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
# The same for messages of several conversations. `which` is the SQL condition that selects the messages.
MARK_MANY = """
WITH marked_here AS (
  SELECT DISTINCT conversation_id FROM messaging_message
  WHERE receiver_id = %(reader_id)s AND NOT read AND {which}
), locked AS MATERIALIZED (
  SELECT id FROM messaging_conversation WHERE id IN (SELECT conversation_id FROM marked_here)
  ORDER BY id FOR NO KEY UPDATE
), marked AS (
  UPDATE messaging_message SET read = true
  WHERE receiver_id = %(reader_id)s AND NOT read AND {which} AND conversation_id IN (SELECT id FROM locked)
  RETURNING conversation_id, id
), counted AS (
  SELECT conversation_id, count(*) AS messages, array_agg(id ORDER BY id) AS ids
  FROM marked GROUP BY conversation_id
)
UPDATE messaging_participant p SET unread_count = unread_count - c.messages
FROM counted c WHERE p.conversation_id = c.conversation_id AND p.user_id = %(reader_id)s
RETURNING p.conversation_id, p.counterpart_id, c.messages, {shown}
"""
MARK_IDS = MARK_MANY.format(which="id = ANY(%(ids)s)", shown="c.ids")
MARK_UP_TO = MARK_MANY.format(which="id <= %(up_to)s", shown="NULL")


def mark_ids(*, reader_id: int, ids: Sequence[int], using: str) -> int:
    """Mark the messages with these ids that the reader received as read; return how many changed."""
    with transaction.atomic(using=using, savepoint=False):
        counted = execute(using, MARK_IDS, {"reader_id": reader_id, "ids": list(ids)})
        for conversation_id, writer_id, _, marked in counted:
            _send_read(
                using,
                reader_id=reader_id,
                writer_ids=[writer_id],
                conversation_id=conversation_id,
                first=marked[0],
                last=marked[-1],
                ids=marked,
            )
    return sum(count for _, _, count, _ in counted)


def mark_range(
    *, reader_id: int, conversation_id: int, last: int, using: str, first: int = 0, thread: int | None = None
) -> int:
    """Mark the messages of a conversation, or of one thread, from id `first` to `last` as read.

    Return the number of messages that changed: only those that the reader received.
    """
    arguments = {"conversation_id": conversation_id, "first": first, "last": last, "thread": thread}
    arguments["reader_id"] = reader_id
    with transaction.atomic(using=using):
        counted = execute(using, MARK_RANGE, arguments)
        if not counted:
            return 0
        [(count, writer_id)] = counted
        _send_read(using, writer_ids=[writer_id], **arguments)
    return count


def mark_up_to(*, reader_id: int, up_to: int, using: str) -> int:
    """Mark the messages of all conversations up to id `up_to` as read; return how many changed."""
    with transaction.atomic(using=using, savepoint=False):
        counted = execute(using, MARK_UP_TO, {"reader_id": reader_id, "up_to": up_to})
        writers = [writer_id for _, writer_id, _, _ in counted]
        _send_read(using, reader_id=reader_id, writer_ids=writers, first=0, last=up_to)
    return sum(count for _, _, count, _ in counted)


def save_flag(message: MessageFields, write: Callable[[], None], *, using: str) -> None:
    """Save a message whose flag `read` was set or cleared. `write` saves the row, in a transaction.

    A message that becomes unread again sends no signal of its own: receivers of `post_save` react to it.
    """
    lock_conversations([message.conversation_id], using=using)
    write()
    recount([message.conversation_id], using=using)
    if message.read:
        _send_read(
            using,
            reader_id=message.receiver_id,
            writer_ids=[message.sender_id],
            conversation_id=message.conversation_id,
            first=message.pk,
            last=message.pk,
        )


def _send_read(using: str, **what) -> None:
    """Send the signal `messages_read`; messaging/signals.py documents its arguments."""
    what = {"conversation_id": None, "thread": None, "ids": None} | what
    messages_read.send(sender=apps.get_model("messaging.Message"), using=using, **what)
