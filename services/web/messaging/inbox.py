"""The participants of a conversation: their last message and their unread counter.

Both change in the transaction of the messages, under the lock of the conversation (messaging/allocation.py).
"""

from collections.abc import Iterable, Sequence
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
MARK_SEEN = MARK_MANY.format(which="id = ANY(%(ids)s)", shown="c.ids")
MARK_ALL = MARK_MANY.format(which="id <= %(up_to)s", shown="NULL")
COUNTERPARTS = "SELECT counterpart_id FROM messaging_participant WHERE user_id = %s LIMIT %s"
RECOUNT = """
UPDATE messaging_participant p SET
  last_message_id = (SELECT max(id) FROM messaging_message m WHERE m.conversation_id = p.conversation_id),
  unread_count = (SELECT count(*) FROM messaging_message m
                  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read)
WHERE p.conversation_id = ANY(%s)
"""


def record_sent(messages: Iterable["Message"], *, using: str) -> None:
    """Update the last message and the unread counter of both participants, in one statement."""
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
    """Mark the messages from id `first` to `last` that the reader received as read; return their number.

    The statement changes only the flag and the counter, because saving whole rows could undo an edit.
    """
    arguments = {"conversation_id": conversation_id, "first": first, "last": last, "thread": thread}
    arguments["reader_id"] = reader_id
    with transaction.atomic(using=using):
        counted = execute(using, MARK_READ, arguments)
        if not counted:
            return 0
        [(count, writer_id)] = counted
        publish_read(using, writer_ids=[writer_id], **arguments)
    return count


def mark_seen(*, reader_id: int, ids: Sequence[int], using: str) -> int:
    """Mark the messages with these ids that the reader received as read; return how many changed."""
    with transaction.atomic(using=using, savepoint=False):
        counted = execute(using, MARK_SEEN, {"reader_id": reader_id, "ids": list(ids)})
        for conversation_id, writer_id, _, marked in counted:
            publish_read(
                using,
                reader_id=reader_id,
                writer_ids=[writer_id],
                conversation_id=conversation_id,
                first=marked[0],
                last=marked[-1],
                ids=marked,
            )
    return sum(count for _, _, count, _ in counted)


def mark_all_read(*, reader_id: int, up_to: int, using: str) -> int:
    """Mark all messages up to id `up_to` that the reader received as read; return how many changed."""
    with transaction.atomic(using=using, savepoint=False):
        counted = execute(using, MARK_ALL, {"reader_id": reader_id, "up_to": up_to})
        writers = [writer_id for _, writer_id, _, _ in counted]
        publish_read(using, reader_id=reader_id, writer_ids=writers, first=0, last=up_to)
    return sum(count for _, _, count, _ in counted)


def publish_read(using: str, **what) -> None:
    """Send the signal `messages_read`; messaging/signals.py documents its arguments."""
    what = {"conversation_id": None, "thread": None, "ids": None} | what
    messages_read.send(sender=apps.get_model("messaging.Message"), using=using, **what)


def counterparts(user_id: int, *, most: int, using: str) -> list[int] | None:
    """Return the ids of the user's counterparts, or None if there are more than `most`."""
    rows = execute(using, COUNTERPARTS, [user_id, most + 1])
    return [pk for (pk,) in rows] if len(rows) <= most else None


def lock(conversation_ids: Iterable[int], *, using: str) -> None:
    """Lock these conversations until the transaction ends."""
    execute(using, LOCK, [list(conversation_ids)])


def recount(conversation_ids: Iterable[int], *, using: str) -> None:
    """Recompute the last message and the unread counter of all participants from the messages.

    The caller must have locked the conversations.
    """
    execute(using, RECOUNT, [list(conversation_ids)])


def execute(using: str, statement: str, arguments) -> list[tuple]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []
