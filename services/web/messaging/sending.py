"""Sending: what happens when a message is sent, from top to bottom.

A page (chats/views/writing.py) calls `send`, and other code `Message.objects.create`. Both call
`Message.save`, which calls `insert`. The steps in one transaction are:

1. `validate` checks the text, the parent, and that sender and receiver are two users.
2. `_allocate` locks the users and the conversation, allocates the id, updates both inboxes, and refuses a
   deactivated receiver, which rolls all of it back.
3. `attach_to_thread` sets the thread of a reply.
4. Django inserts the row.
5. Receivers of `post_save` react (docs/signals.md): live/receivers.py registers a callback for the commit,
   and notifications/receivers.py inserts the notification.

A message with a given id, or with a time in the past, may not be the last of its conversation. Then step 2
calls `allocate` (messaging/bulk_sending.py), which does not update the inboxes. `record_sent`
(messaging/inbox.py) updates them after step 5.

After the commit, the callback invalidates the cached pages of both users and publishes an event to their open
pages, in one round trip to Redis (live/events.py). docs/architecture.md, "Sending a message", describes the
whole way, from the form of the sender to the open page of the receiver.

Each change of a conversation locks its row before it reads or writes messages. Two users who write to each
other at the same time wait for this one lock, so they cannot deadlock. The messages of a conversation are
committed in the order of their ids, so a reader who has seen message 7 has seen every earlier one. The users
that new rows reference are locked before the conversation, as in an erasure. Otherwise the foreign keys would
lock them at commit, which could deadlock.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from psycopg.errors import ForeignKeyViolation

from caching.transactions import on_commit
from messaging.bulk_sending import allocate
from messaging.inbox import record_sent
from messaging.message_fields import MessageFields
from messaging.numbering import is_live, milliseconds, time_of, with_free_ids
from messaging.pairs import OPEN_PAIRS, pair_of
from messaging.statements import USERS, execute, is_violation_of
from messaging.validation import GONE, INACTIVE, attach_to_thread, validate
from observability import metrics

M = TypeVar("M", bound=MessageFields)

# The id is computed after the conversation is locked (messaging/numbering.py): from the time, and greater
# than the last id of the conversation. The statement reads that last id from the participants, which it also
# updates: after a wait for a lock, PostgreSQL reads the newest version of the rows that it updates, but all
# other rows as they were at the start of the statement.
# `count(*) >= 0` is always true. It makes PostgreSQL lock the users first, because PostgreSQL runs a SELECT
# of WITH only when another part of the statement reads its rows.
ALLOCATE = f"""
WITH people AS MATERIALIZED (
  SELECT id, is_active FROM {USERS} WHERE id IN (%(low)s, %(high)s) ORDER BY id FOR KEY SHARE
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
"""  # noqa: S608  (the name of a table)
# Both participants of a conversation have the same last message. This statement repairs a difference.
AGREE = "UPDATE messaging_participant SET last_message_id = %s WHERE conversation_id = %s"


# How the first message with a client id can differ from a later one. The first difference is named.
DIFFERENCES = {
    "receiver_id": "to another member",
    "parent_message_id": "in another place",
    "content": "with another text",
}


class AlreadySentError(Exception):
    """A client id that its sender has already used with another text, receiver or parent."""


def send(message: M) -> M:
    """Send a new message once. A second call with the same `client_id` and content returns the first message.

    Raise ValidationError for an invalid message. Raise AlreadySentError if the first message was different.
    """
    try:
        message.save()
    except ValidationError as error:
        if error.code == "inactive" and (first := _sent_before(message)):
            return first  # Sent before the deactivation; the response was lost.
        raise
    except IntegrityError as error:
        if is_violation_of("message_client_id_once", error) and (first := _sent_before(message)):
            return first
        if isinstance(error.__cause__, ForeignKeyViolation):
            # The receiver was erased, or the parent deleted, after the page was loaded.
            raise ValidationError(*GONE) from error
        raise
    return message


def insert(message: MessageFields, write: Callable[..., None], *, using: str) -> None:
    """Validate a new message, allocate its id, attach it to its thread, and insert its row.

    `write` is Django's `save`. Another transaction can commit a message with the same id. Then all steps are
    repeated with another id.
    """
    with_free_ids([message], partial(_insert, message, write, using))


def _insert(message: MessageFields, write: Callable[..., None], using: str) -> None:
    with transaction.atomic(using=using):
        parents = validate([message], using)
        is_last = message.pk is None and is_live(message)
        if is_last:
            message.conversation_id, message.pk = _allocate(message, using)
        else:  # The caller set an id or an older timestamp.
            allocate([message], parents, using=using)
        attach_to_thread(message, parents)
        write(force_insert=True)
        if not is_last:
            record_sent([message], using=using)
        kind = "message" if message.parent_message_id is None else "reply"
        on_commit(using, metrics.SENT.labels(kind).inc)


def _allocate(message: MessageFields, using: str) -> tuple[int, int]:
    """Record a message that follows all others in both inboxes; return its conversation and its id."""
    low, high = pair_of(message)
    arguments = {
        "low": low,
        "high": high,
        "receiver": message.receiver_id,
        "unread_by": None if message.read else message.receiver_id,
        "milliseconds": milliseconds(time_of(message)),
    }
    found = execute(using, ALLOCATE, arguments)
    if not found:
        # This is their first message. If another transaction opens the conversation first, use that one.
        execute(using, OPEN_PAIRS, {"low": [low], "high": [high]})
        found = execute(using, ALLOCATE, arguments)
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


def _sent_before(again: M) -> M | None:
    """Return the message with the same sender and client id, if any. Raise AlreadySentError if it differs."""
    if again.client_id is None:
        return None
    messages = type(again)._default_manager
    first = messages.filter(sender=again.sender_id, client_id=again.client_id).first()
    for name, how in DIFFERENCES.items():
        if first and getattr(first, name) != getattr(again, name):
            raise AlreadySentError(f"This was sent before {how}. Send it again to send this message as well.")
    return first
