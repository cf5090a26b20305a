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

if TYPE_CHECKING:
    from messaging.models import Message

Pair = tuple[int, int]

# What most messages need, in one statement. The number is drawn once the conversation is locked.
PLACE_ONE = """
WITH people AS MATERIALIZED (
  SELECT id FROM accounts_user WHERE id IN (%(low)s, %(high)s) ORDER BY id FOR KEY SHARE
), here AS MATERIALIZED (
  SELECT id FROM messaging_conversation
  WHERE low_id = %(low)s AND high_id = %(high)s AND (SELECT count(*) FROM people) >= 0
  FOR NO KEY UPDATE
), numbered AS MATERIALIZED (
  SELECT id, nextval(pg_get_serial_sequence('messaging_message', 'id')) AS number FROM here
), sides AS (
  UPDATE messaging_participant p
  SET last_message_id = GREATEST(p.last_message_id, n.number),
      unread_count = p.unread_count + CASE WHEN p.user_id = %(unread_by)s THEN 1 ELSE 0 END
  FROM numbered n WHERE p.conversation_id = n.id
)
SELECT id, number FROM numbered
"""
LOCK_PAIRS = """
WITH people AS MATERIALIZED (
  SELECT id FROM accounts_user WHERE id = ANY(%(low)s::bigint[] || %(high)s) ORDER BY id FOR KEY SHARE
)
SELECT c.low_id, c.high_id, c.id
FROM messaging_conversation c JOIN unnest(%(low)s::bigint[], %(high)s::bigint[]) AS pair (low, high)
  ON c.low_id = pair.low AND c.high_id = pair.high
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
SELECT low_id, high_id, id FROM opened
"""
NUMBER = "SELECT nextval(pg_get_serial_sequence('messaging_message', 'id')) FROM generate_series(1, %s)"


def place_one(message: "Message", *, using: str) -> bool:
    """Do `place` and `inbox.record_sent` for one new message, and give it its id: one statement.

    Returns False when only `place` was done: the pair writes for the first time, or the caller chose an id.
    """
    parents = _checked([message], using)
    low, high = pair = _pair(message)
    found: list[tuple[int, int]] = []
    if message.pk is None:
        unread_by = None if message.read else message.receiver_id
        found = execute(using, PLACE_ONE, {"low": low, "high": high, "unread_by": unread_by})
    if found:
        message.conversation_id, message.pk = found[0]
    else:
        message.conversation_id = _lock_pairs({pair}, using, (OPEN_PAIRS, LOCK_PAIRS))[pair]
    _hang(message, parents)
    return bool(found)


def place(messages: Sequence["Message"], *, using: str, number: bool = False) -> None:
    """Check new messages, and give each its conversation and thread; with `number` also its id.

    Locks the conversations until the transaction ends. Raises ValidationError.
    """
    parents = _checked(messages, using)
    conversations = _lock_pairs({_pair(message) for message in messages}, using)
    if number:
        _number([message for message in messages if message.pk is None], using)
    for message in messages:
        message.conversation_id = conversations[_pair(message)]
        _hang(message, parents)


def _checked(messages: Sequence["Message"], using: str) -> dict[int, "Message"]:
    """Check texts, people and parents, and return the parents."""
    parents = _parents(messages, using)
    for message in messages:
        message.content = clean_content(message.content)
        _check_people(message, parents)
    return parents


def _hang(message: "Message", parents: dict[int, "Message"]) -> None:
    """Under its parent, in the parent's thread."""
    parent = parents.get(id(message))
    if parent is None:
        return
    if parent.pk is None or (message.pk is not None and parent.pk >= message.pk):
        raise ValidationError("A reply stands after what it answers.", code="parent_later")
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


def _lock_pairs(
    pairs: set[Pair], using: str, statements: Sequence[str] = (LOCK_PAIRS, OPEN_PAIRS, LOCK_PAIRS)
) -> dict[Pair, int]:
    """Lock the conversation of each pair, opening those that are new; return their ids."""
    known: dict[Pair, int] = {}
    for statement in statements:
        missing = sorted(pairs - known.keys())
        if not missing:
            break
        low, high = zip(*missing, strict=True)
        # A pair that OPEN_PAIRS leaves out was opened by somebody else just now: the second look finds it.
        rows = execute(using, statement, {"low": list(low), "high": list(high)})
        known |= {(a, b): pk for a, b, pk in rows}
    return known


def _number(messages: list["Message"], using: str) -> None:
    for message, (pk,) in zip(messages, execute(using, NUMBER, [len(messages)]), strict=True):
        message.pk = pk
