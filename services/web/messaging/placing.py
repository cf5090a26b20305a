"""The place of a new message: its conversation and its thread.

A conversation's row is locked before anything in it changes. So two people who write to each other at once
wait for each other in one place and cannot deadlock, and messages of one conversation are committed in the
order of their ids: whoever has seen message 7 has seen every earlier one. A member to whom new rows point is
locked before the conversation, as erasure does; the foreign keys alone would do it at commit, and deadlock.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from messaging.content import clean_content
from messaging.inbox import execute
from messaging.numbering import is_live, milliseconds, number, time_of

if TYPE_CHECKING:
    from messaging.models import Message

Pair = tuple[int, int]
GONE = ("This member or message is no longer there.", "gone")
INACTIVE = ("This member's account is deactivated: nobody can write to it.", "inactive")
LATER = ("A reply stands after what it answers.", "parent_later")

# What most messages need, in one statement. The id is allocated once the conversation is locked
# (messaging/numbering.py): of the time, and above the last one. That is read from the rows that the statement
# updates, because only those are read again after a wait for the lock.
PLACE_ONE = """
WITH people AS MATERIALIZED (
  SELECT id, is_active FROM accounts_user WHERE id IN (%(low)s, %(high)s) ORDER BY id FOR KEY SHARE
), here AS MATERIALIZED (
  SELECT id FROM messaging_conversation
  WHERE low_id = %(low)s AND high_id = %(high)s AND (SELECT count(*) FROM people) >= 0
  FOR NO KEY UPDATE
), moment AS MATERIALIZED (
  SELECT id, nextval(pg_get_serial_sequence('messaging_message', 'id')) & 1023 AS low,
         LEAST(%(milliseconds)s, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS milliseconds
  FROM here
), sides AS (
  UPDATE messaging_participant p
  SET last_message_id = (GREATEST(moment.milliseconds, (p.last_message_id >> 10) + 1) << 10) | moment.low,
      unread_count = p.unread_count + CASE WHEN p.user_id = %(unread_by)s THEN 1 ELSE 0 END
  FROM moment WHERE p.conversation_id = moment.id
  RETURNING p.conversation_id, p.last_message_id AS number
)
SELECT conversation_id, max(number), min(number), (SELECT is_active FROM people WHERE id = %(receiver)s)
FROM sides GROUP BY conversation_id
"""
# Both sides of a conversation have the same last message; when something went wrong, from now on again.
AGREE = "UPDATE messaging_participant SET last_message_id = %s WHERE conversation_id = %s"
LOCK_PAIRS = """
WITH people AS MATERIALIZED (
  SELECT id, is_active FROM accounts_user
  WHERE id = ANY(%(low)s::bigint[] || %(high)s) ORDER BY id FOR KEY SHARE
)
SELECT c.low_id, c.high_id, c.id, low.is_active, high.is_active
FROM messaging_conversation c JOIN unnest(%(low)s::bigint[], %(high)s::bigint[]) AS pair (low, high)
  ON c.low_id = pair.low AND c.high_id = pair.high
  LEFT JOIN people low ON low.id = c.low_id LEFT JOIN people high ON high.id = c.high_id
WHERE (SELECT count(*) FROM people) >= 0
ORDER BY c.id FOR NO KEY UPDATE OF c
"""
OPEN_PAIRS = """
WITH opened AS (
  INSERT INTO messaging_conversation (low_id, high_id)
  SELECT low, high FROM unnest(%(low)s::bigint[], %(high)s::bigint[]) AS pair (low, high) ORDER BY low, high
  ON CONFLICT DO NOTHING RETURNING low_id, high_id, id
), sides AS (
  INSERT INTO messaging_participant (conversation_id, user_id, counterpart_id, unread_count)
  SELECT id, low_id, high_id, 0 FROM opened UNION ALL SELECT id, high_id, low_id, 0 FROM opened
)
SELECT o.low_id, o.high_id, o.id, low.is_active, high.is_active
FROM opened o
  LEFT JOIN accounts_user low ON low.id = o.low_id LEFT JOIN accounts_user high ON high.id = o.high_id
"""


def place_one(message: "Message", *, using: str) -> bool:
    """Do `place` and `inbox.record_sent` for one new message, and give it its id: mostly one statement.

    Returns False when only `place` was done: the message is of earlier, or the caller chose an id.
    """
    if message.pk is not None or not is_live(message):
        place([message], using=using)
        return False
    parents = _checked([message], using)
    message.conversation_id, message.pk = _place_live(message, using)
    _hang(message, parents)
    return True


def _place_live(message: "Message", using: str) -> tuple[int, int]:
    """Conversation and id of a message that stands after all others; both inboxes have it."""
    low, high = _pair(message)
    arguments = {
        "low": low,
        "high": high,
        "receiver": message.receiver_id,
        "unread_by": None if message.read else message.receiver_id,
        "milliseconds": milliseconds(time_of(message)),
    }
    found = execute(using, PLACE_ONE, arguments)
    if not found:
        # They write for the first time. Another may open their conversation first: then it is there now.
        execute(using, OPEN_PAIRS, {"low": [low], "high": [high]})
        found = execute(using, PLACE_ONE, arguments)
    if not found:
        raise ValidationError(*GONE)
    [(conversation_id, number, smaller, is_active)] = found
    if is_active is None:
        raise ValidationError(*GONE)
    if not is_active:
        raise ValidationError(*INACTIVE)
    if number != smaller:
        execute(using, AGREE, [number, conversation_id])
    return conversation_id, number


def place(messages: Sequence["Message"], *, using: str) -> None:
    """Check new messages, and give each its conversation, its thread and, when it has none, its id.

    Locks the conversations until the transaction ends. Raises ValidationError.
    """
    parents = _checked(messages, using)
    conversations, inactive = _lock_pairs({_pair(message) for message in messages}, using)
    if any(message.receiver_id in inactive for message in messages):
        raise ValidationError(*INACTIVE)
    for message in messages:
        message.conversation_id = conversations[_pair(message)]
    number(messages, parents, using=using)
    for message in messages:
        _hang(message, parents)


def _checked(messages: Sequence["Message"], using: str) -> dict[int, "Message"]:
    """Check texts, people and parents, and return the parents."""
    parents = _parents(messages, using)
    before: set[int] = set()
    for message in messages:
        message.content = clean_content(message.content)
        _check_people(message, parents)
        parent = parents.get(id(message))
        if parent is not None and parent.pk is None and id(parent) not in before:
            raise ValidationError(*LATER)
        before.add(id(message))
    return parents


def _hang(message: "Message", parents: dict[int, "Message"]) -> None:
    """Under its parent, in the parent's thread."""
    parent = parents.get(id(message))
    if parent is None:
        return
    if message.pk is not None and parent.pk >= message.pk:
        raise ValidationError(*LATER)
    message.parent_message_id = parent.pk
    message.thread_root_id = parent.thread_root_id or parent.pk


def _pair(message: "Message") -> Pair:
    return (
        min(message.sender_id, message.receiver_id),
        max(message.sender_id, message.receiver_id),
    )


def _check_people(message: "Message", parents: dict[int, "Message"]) -> None:
    if message.sender_id is None or message.receiver_id is None:
        raise ValidationError("A message needs a sender and a receiver.", code="people")
    if message.sender_id == message.receiver_id:
        raise ValidationError("You cannot write to yourself; choose somebody else.", code="oneself")
    parent = parents.get(id(message))
    if parent is not None and _pair(parent) != _pair(message):
        raise ValidationError(
            "A reply belongs to the two people of the message it answers.", code="other_conversation"
        )


def _parents(messages: Sequence["Message"], using: str) -> dict[int, "Message"]:
    """The message that each reply answers, by the identity of the reply; loads those not at hand at once."""
    if not messages:
        return {}
    model: Any = type(messages[0])
    field = model._meta.get_field("parent_message")
    wanted = {m.parent_message_id for m in messages if m.parent_message_id and not field.is_cached(m)}
    loaded = model._base_manager.using(using).in_bulk(wanted) if wanted else {}
    found = {}
    for message in messages:
        if field.is_cached(message):
            parent = field.get_cached_value(message)
        elif message.parent_message_id is None:
            parent = None
        elif (parent := loaded.get(message.parent_message_id)) is None:
            raise ValidationError("The message to reply to does not exist.", code="no_parent")
        if parent is not None:
            found[id(message)] = parent
    return found


def _lock_pairs(pairs: set[Pair], using: str) -> tuple[dict[Pair, int], set[int]]:
    """Lock the conversation of each pair, opening those that are new.

    Returns their ids, and the ids of those among the people whose accounts are deactivated.
    """
    known: dict[Pair, int] = {}
    inactive: set[int] = set()
    for statement in (LOCK_PAIRS, OPEN_PAIRS, LOCK_PAIRS):
        missing = sorted(pairs - known.keys())
        if not missing:
            break
        low, high = zip(*missing, strict=True)
        # A pair that OPEN_PAIRS leaves out was opened by somebody else just now: the second look finds it.
        rows = execute(using, statement, {"low": list(low), "high": list(high)})
        for a, b, pk, *are_active in rows:
            known[a, b] = pk
            inactive |= {
                user_id for user_id, active in zip((a, b), are_active, strict=True) if active is False
            }
    return known, inactive
