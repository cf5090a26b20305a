"""Sending: what happens when a message is sent, from top to bottom.

A page (chats/views/writing.py) calls `send`, and other code `Message.objects.create`. Both call
`Message.save`, which calls `insert`. The steps in one transaction are:

1. `validate` checks the text, the parent, and that sender and receiver are two users. `attach_to_thread` sets
   the thread of a reply.
2. `_insert_last` sends `pre_save`. Then one statement locks the users and the conversation, allocates the id,
   updates both inboxes and the list of threads, and inserts the row. It refuses a deactivated receiver, which
   rolls all of it back.
3. `_insert_last` sends `post_save`. Its receivers react (docs/signals.md): live/receivers.py registers a
   callback for the commit, and notifications/receivers.py inserts the notification.

A message with a given id, or with a time more than ten seconds ago, may not be the last of its conversation.
Then `insert_anywhere` (messaging/bulk_sending.py) replaces steps 2 and 3 by several statements and Django's
own `save`, which sends the signals.

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
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.signals import post_save, pre_save
from django.utils.translation import gettext_lazy as _
from psycopg.errors import ForeignKeyViolation

from caching.transactions import on_commit
from messaging.bulk_sending import insert_anywhere
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
# The low bits are random: with a sequence, two ids would show how many messages all users sent between them.
# `count(*) >= 0` is always true. It makes PostgreSQL lock the users first, because PostgreSQL runs a SELECT
# of WITH only when another part of the statement reads its rows.
PARTS = f"""
WITH people AS MATERIALIZED (
  SELECT id, is_active FROM {USERS} WHERE id IN (%(low)s, %(high)s) ORDER BY id FOR KEY SHARE
), here AS MATERIALIZED (
  SELECT id FROM messaging_conversation
  WHERE low_id = %(low)s AND high_id = %(high)s AND (SELECT count(*) FROM people) >= 0
  FOR NO KEY UPDATE
), moment AS MATERIALIZED (
  SELECT id, floor(random() * 1024)::bigint AS low,
         LEAST(%(milliseconds)s, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS milliseconds
  FROM here
), sides AS (
  UPDATE messaging_participant p
  SET last_message_id = (GREATEST(moment.milliseconds, (p.last_message_id >> 10) + 1) << 10) | moment.low,
      unread_count = p.unread_count + CASE WHEN p.user_id = %(receiver_id)s AND NOT %(read)s THEN 1 ELSE 0 END
  FROM moment WHERE p.conversation_id = moment.id
  RETURNING p.conversation_id, p.last_message_id AS number
), place AS (
  SELECT conversation_id, max(number) AS number, min(number) AS smaller,
         (SELECT is_active FROM people WHERE id = %(receiver_id)s) AS is_active
  FROM sides GROUP BY conversation_id
), sent AS (
  INSERT INTO messaging_message (id, conversation_id, sender_id, receiver_id, content, "timestamp", read,
                                 read_at, edited, parent_message_id, thread_root_id, client_id)
  SELECT number, conversation_id, %(sender_id)s::bigint, %(receiver_id)s::bigint, %(content)s::text,
         %(timestamp)s::timestamptz, %(read)s::boolean, %(read_at)s::timestamptz, %(edited)s::boolean,
         %(parent_message_id)s::bigint, %(thread_root_id)s::bigint, %(client_id)s::uuid
  FROM place WHERE is_active
)
"""  # noqa: S608  (the name of a table)
# Only for a reply: its thread, in the list of threads (messaging/thread_list.py).
LISTED = """, listed AS (
  INSERT INTO messaging_thread (root_id, low_id, high_id, last_reply_id)
  SELECT %(thread_root_id)s::bigint, %(low)s::bigint, %(high)s::bigint, number FROM place WHERE is_active
  ON CONFLICT (root_id) DO UPDATE SET last_reply_id = EXCLUDED.last_reply_id
)
"""
RESULT = "SELECT conversation_id, number, smaller, is_active FROM place"
INSERT = PARTS + RESULT
INSERT_REPLY = PARTS + LISTED + RESULT
# Both participants of a conversation have the same last message. This statement repairs a difference.
AGREE = "UPDATE messaging_participant SET last_message_id = %s WHERE conversation_id = %s"


# How the first message with a client id can differ from a later one. The first difference is named.
DIFFERENCES = {
    "receiver_id": _("This was sent before to another member. Send it again to send this message as well."),
    "parent_message_id": _(
        "This was sent before in another place. Send it again to send this message as well."
    ),
    "content": _("This was sent before with another text. Send it again to send this message as well."),
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
    """Validate a new message, attach it to its thread, allocate its id, and insert its row.

    `write` is Django's `save`. Another transaction can commit a message with the same id. Then all steps are
    repeated with another id.
    """
    with_free_ids([message], partial(_insert, message, write, using))


def _insert(message: MessageFields, write: Callable[..., None], using: str) -> None:
    with transaction.atomic(using=using):
        parents = validate([message], using)
        if message.pk is None and is_live(message):
            attach_to_thread(message, parents)
            _insert_last(message, using)
        else:  # The caller set an id or an older timestamp.
            insert_anywhere(message, parents, write, using=using)
        kind = "message" if message.parent_message_id is None else "reply"
        on_commit(using, metrics.SENT.labels(kind).inc)


def _insert_last(message: MessageFields, using: str) -> None:
    """Insert a message that follows all others of its conversation, with the signals of Django's `save`."""
    about: dict[str, Any] = {"instance": message, "raw": False, "using": using, "update_fields": None}
    pre_save.send(sender=type(message), **about)
    message.conversation_id, message.pk = _insert_row(message, using)
    message.thread = message.thread_root_id or message.pk
    message._state.adding, message._state.db = False, using
    post_save.send(sender=type(message), created=True, **about)


def _insert_row(message: MessageFields, using: str) -> tuple[int, int]:
    """Insert the row and record it in both inboxes; return its conversation and its id."""
    low, high = pair_of(message)
    values = {"low": low, "high": high, "milliseconds": milliseconds(time_of(message))}
    values |= message.values_to_insert(using)
    insertion = INSERT if message.thread_root_id is None else INSERT_REPLY
    found = execute(using, insertion, values)
    if not found:
        # This is their first message. If another transaction opens the conversation first, use that one.
        execute(using, OPEN_PAIRS, {"low": [low], "high": [high]})
        found = execute(using, insertion, values)
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
    for name, reason in DIFFERENCES.items():
        if first and getattr(first, name) != getattr(again, name):
            raise AlreadySentError(reason)
    return first
