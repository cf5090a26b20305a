"""The participants of a conversation: their last message and their unread counter.

Both change in the transaction of the messages, under the lock of the conversation. The statements of
sending.py and reading.py change them too.
"""

from collections.abc import Iterable

from messaging.message_fields import MessageFields
from messaging.statements import execute

RECORD = """
UPDATE messaging_participant p
SET last_message_id = GREATEST(p.last_message_id, sent.last), unread_count = p.unread_count + sent.unread
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[]) AS sent (conversation_id, side, last, unread)
WHERE p.conversation_id = sent.conversation_id AND p.user_id = sent.side
"""
COUNTERPARTS = "SELECT counterpart_id FROM messaging_participant WHERE user_id = %s LIMIT %s"
RECOUNT = """
UPDATE messaging_participant p SET
  last_message_id = (SELECT max(id) FROM messaging_message m WHERE m.conversation_id = p.conversation_id),
  unread_count = (SELECT count(*) FROM messaging_message m
                  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read)
WHERE p.conversation_id = ANY(%s)
"""


def record_sent(messages: Iterable[MessageFields], *, using: str) -> None:
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


def recount(conversation_ids: Iterable[int], *, using: str) -> None:
    """Recompute the last message and the unread counter of all participants from the messages.

    The caller must have locked the conversations.
    """
    execute(using, RECOUNT, [list(conversation_ids)])


def counterparts(user_id: int, *, most: int, using: str) -> list[int] | None:
    """Return the ids of the user's counterparts, or None if there are more than `most`."""
    rows = execute(using, COUNTERPARTS, [user_id, most + 1])
    return [pk for (pk,) in rows] if len(rows) <= most else None
