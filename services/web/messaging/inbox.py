"""What changes together with a message: its conversation, its place in a thread, and both inboxes.

A conversation's row is locked before anything in it changes. So two people who write to each other at once
wait for each other in one place and cannot deadlock, and messages of one conversation are committed in the
order of their ids: whoever has seen message 7 has seen every earlier one. A member to whom new rows point is
locked before the conversation, as erasure does; the foreign keys alone would do it at commit, and deadlock.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connections, transaction

from messaging.content import clean_content
from messaging.signals import messages_read

if TYPE_CHECKING:
    from messaging.models import Message

Pair = tuple[int, int]

LOCK = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
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
RETURNING (SELECT count(*) FROM marked)
"""
RECOUNT = """
UPDATE messaging_participant p SET
  last_message_id = (SELECT max(id) FROM messaging_message m WHERE m.conversation_id = p.conversation_id),
  unread_count = (SELECT count(*) FROM messaging_message m
                  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read)
WHERE p.conversation_id = ANY(%s)
"""


def place(messages: Sequence["Message"], *, using: str, number: bool = False) -> None:
    """Check new messages, and give each its conversation and thread; with `number` also its id.

    Locks the conversations until the transaction ends. Raises ValidationError.
    """
    parents = _parents(messages, using)
    for message in messages:
        message.content = clean_content(message.content)
        _check_people(message, parents)
    conversations = _lock_pairs({_pair(message) for message in messages}, using)
    if number:
        _number([message for message in messages if message.pk is None], using)
    for message in messages:
        message.conversation_id = conversations[_pair(message)]
        parent = parents.get(id(message))
        if parent is not None:
            if number and (parent.pk is None or parent.pk >= message.pk):
                raise ValidationError("A reply stands after what it answers.", code="parent_later")
            message.parent_message_id = parent.pk
            message.thread_root_id = parent.thread_root_id or parent.pk


def record_sent(messages: Iterable["Message"], *, using: str) -> None:
    """Put new messages on top of both inboxes and count what is unread: one statement, however many."""
    sides: dict[Pair, Pair] = {}
    for message in messages:
        for user_id in (message.sender_id, message.receiver_id):
            last, unread = sides.get((message.conversation_id, user_id), (0, 0))
            new = user_id == message.receiver_id and not message.read
            sides[message.conversation_id, user_id] = (max(last, message.pk), unread + new)
    rows = sorted((*key, *value) for key, value in sides.items())
    if rows:
        _execute(using, RECORD, [list(column) for column in zip(*rows, strict=True)])


def mark_read(
    *, reader_id: int, conversation_id: int, last: int, using: str, first: int = 0, thread: int | None = None
) -> int:
    """Mark what the reader received from message `first` to `last` as read; return how many that were.

    One statement changes only the flag and the counter: saving whole messages could undo an edit.
    """
    arguments = {"conversation_id": conversation_id, "first": first, "last": last, "thread": thread}
    arguments["reader_id"] = reader_id
    with transaction.atomic(using=using):
        counted = _execute(using, MARK_READ, arguments)
        if not counted:
            return 0
        tell_read(using, **arguments)
    return counted[0][0]


def tell_read(using: str, **what) -> None:
    """Tell the apps that depend on messaging what has been read; `messages_read` names the arguments."""
    messages_read.send(sender=apps.get_model("messaging.Message"), using=using, **what)


def lock(conversation_ids: Iterable[int], *, using: str) -> None:
    """Wait for whoever changes these conversations, and keep others out until the transaction ends."""
    _execute(using, LOCK, [list(conversation_ids)])


def recount(conversation_ids: Iterable[int], *, using: str) -> None:
    """Set last message and counter of both people from the messages; the conversations are locked already."""
    _execute(using, RECOUNT, [list(conversation_ids)])


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


def _lock_pairs(pairs: set[Pair], using: str) -> dict[Pair, int]:
    """Lock the conversation of each pair, opening those that are new; return their ids."""
    known: dict[Pair, int] = {}
    for statement in (LOCK_PAIRS, OPEN_PAIRS, LOCK_PAIRS):
        missing = sorted(pairs - known.keys())
        if not missing:
            break
        low, high = zip(*missing, strict=True)
        # A pair that OPEN_PAIRS leaves out was opened by somebody else just now: the second look finds it.
        rows = _execute(using, statement, {"low": list(low), "high": list(high)})
        known |= {(a, b): pk for a, b, pk in rows}
    return known


def _number(messages: list["Message"], using: str) -> None:
    for message, (pk,) in zip(messages, _execute(using, NUMBER, [len(messages)]), strict=True):
        message.pk = pk


def _execute(using: str, statement: str, arguments) -> list[tuple]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []
