"""Allocation of a new message to its conversation and its thread, with its id.

Each change of a conversation locks its row first. Two users who write to each other at the same time wait for
this one lock, so they cannot deadlock. The messages of a conversation are committed in the order of their
ids, so a reader who has seen message 7 has seen every earlier one.

The users that new rows reference are locked before the conversation, as in an erasure. Otherwise the foreign
keys would lock them at commit, which could deadlock.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from messaging.content import clean_content
from messaging.inbox import execute
from messaging.numbering import is_live, milliseconds, number, time_of
from messaging.pairs import OPEN_PAIRS, lock_pairs, pair_of

if TYPE_CHECKING:
    from messaging.models import Message

GONE = ("This member or message is no longer there.", "gone")
INACTIVE = ("This member's account is deactivated: nobody can write to it.", "inactive")
LATER = ("A reply stands after what it answers.", "parent_later")

# Allocates most messages in one statement. It computes the id after the conversation is locked
# (messaging/numbering.py): from the time, and greater than the last id. The last id comes from the rows that
# the statement updates, because PostgreSQL reads only those again after it has waited for a lock.
ALLOCATE_ONE = """
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
# Both participants of a conversation have the same last message. This statement repairs a difference.
AGREE = "UPDATE messaging_participant SET last_message_id = %s WHERE conversation_id = %s"


def allocate_one(message: "Message", *, using: str) -> bool:
    """Run `allocate` and `inbox.record_sent` for one new message, usually in one statement.

    Return False if only `allocate` was run, because the timestamp is in the past or the caller set an id.
    """
    if message.pk is not None or not is_live(message):
        allocate([message], using=using)
        return False
    parents = _checked([message], using)
    message.conversation_id, message.pk = _allocate_live(message, using)
    _attach(message, parents)
    return True


def _allocate_live(message: "Message", using: str) -> tuple[int, int]:
    """Record a message that follows all others in both inboxes; return its conversation and its id."""
    low, high = pair_of(message)
    arguments = {
        "low": low,
        "high": high,
        "receiver": message.receiver_id,
        "unread_by": None if message.read else message.receiver_id,
        "milliseconds": milliseconds(time_of(message)),
    }
    found = execute(using, ALLOCATE_ONE, arguments)
    if not found:
        # This is their first message. If another transaction opens the conversation first, use that one.
        execute(using, OPEN_PAIRS, {"low": [low], "high": [high]})
        found = execute(using, ALLOCATE_ONE, arguments)
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


def allocate(messages: Sequence["Message"], *, using: str) -> None:
    """Validate new messages, and set the conversation, the thread and any missing id of each.

    The conversations stay locked until the transaction ends. Raise ValidationError for an invalid message.
    """
    parents = _checked(messages, using)
    conversations, inactive = lock_pairs({pair_of(message) for message in messages}, using)
    if any(message.receiver_id in inactive for message in messages):
        raise ValidationError(*INACTIVE)
    for message in messages:
        message.conversation_id = conversations[pair_of(message)]
    number(messages, parents, using=using)
    for message in messages:
        _attach(message, parents)


def _checked(messages: Sequence["Message"], using: str) -> dict[int, "Message"]:
    """Validate texts, participants and parents. Return the parents by `id(reply)`."""
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


def _attach(message: "Message", parents: dict[int, "Message"]) -> None:
    """Attach a reply to its parent and to the thread of the parent."""
    parent = parents.get(id(message))
    if parent is None:
        return
    if message.pk is not None and parent.pk >= message.pk:
        raise ValidationError(*LATER)
    message.parent_message_id = parent.pk
    message.thread_root_id = parent.thread_root_id or parent.pk


def _check_people(message: "Message", parents: dict[int, "Message"]) -> None:
    if message.sender_id is None or message.receiver_id is None:
        raise ValidationError("A message needs a sender and a receiver.", code="people")
    if message.sender_id == message.receiver_id:
        raise ValidationError("You cannot write to yourself; choose somebody else.", code="oneself")
    parent = parents.get(id(message))
    if parent is not None and pair_of(parent) != pair_of(message):
        raise ValidationError(
            "A reply belongs to the two people of the message it answers.", code="other_conversation"
        )


def _parents(messages: Sequence["Message"], using: str) -> dict[int, "Message"]:
    """Return the parent of each reply, by `id(reply)`. One query loads missing parents."""
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
