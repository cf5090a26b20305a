"""Sending many messages at once, or one whose time or id is given: an import, `bulk_create`, the demo.

The steps are those of sending.py with set-based statements, because the messages belong to many conversations
and need not be the last ones there.
"""

from collections.abc import Callable, Sequence
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from caching.transactions import on_commit
from messaging.inbox import record_sent
from messaging.message_fields import MessageFields
from messaging.numbering import number, with_free_ids
from messaging.pairs import lock_pairs, pair_of
from messaging.signals import messages_created_in_bulk
from messaging.thread_list import record_replies
from messaging.validation import INACTIVE, Parents, attach_to_thread, validate
from observability import metrics

Write = Callable[[Sequence[MessageFields]], object]


def insert_many(messages: Sequence[MessageFields], write: Write, *, model: type[Model], using: str) -> None:
    """Insert new messages with everything that belongs to them. `write` is Django's `bulk_create`.

    A reply may refer to an earlier message of the list.
    """
    with_free_ids(messages, partial(_insert_many, messages, write, model, using))
    for message in messages:
        message.remember_fields()


def _insert_many(messages: Sequence[MessageFields], write: Write, model: type[Model], using: str) -> None:
    with transaction.atomic(using=using):
        parents = validate(messages, using)
        allocate(messages, parents, using=using)
        for message in messages:
            attach_to_thread(message, parents)
        write(messages)
        record_sent(messages, using=using)
        record_replies(messages, using=using)
        messages_created_in_bulk.send(sender=model, messages=messages, using=using)
        on_commit(using, metrics.SENT.labels("imported").inc, len(messages))


def insert_anywhere(
    message: MessageFields, parents: Parents, write: Callable[..., None], *, using: str
) -> None:
    """Insert one message, in a transaction. `write` is Django's `save`."""
    allocate([message], parents, using=using)
    attach_to_thread(message, parents)
    write(force_insert=True)
    record_sent([message], using=using)
    record_replies([message], using=using)


def allocate(messages: Sequence[MessageFields], parents: Parents, *, using: str) -> None:
    """Set the conversation and any missing id of each message. Raise ValidationError.

    The conversations stay locked until the transaction ends.
    """
    conversations, inactive = lock_pairs({pair_of(message) for message in messages}, using)
    if any(message.receiver_id in inactive for message in messages):
        raise ValidationError(*INACTIVE)
    for message in messages:
        message.conversation_id = conversations[pair_of(message)]
    number(messages, parents, using=using)
