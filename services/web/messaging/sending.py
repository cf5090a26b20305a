"""Sending a message from a form or a program that may submit it twice."""

from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from messaging.allocation import GONE
from messaging.compiled import CompiledQuery
from messaging.models import Message

User = get_user_model()
FIELDS = [field.attname for field in Message._meta.concrete_fields]
TO_ANSWER = CompiledQuery(
    lambda reader, pk: (
        Message.objects.visible_to(reader)
        .filter(pk=pk)
        .annotate(
            sender_name=F("sender__username"),
            receiver_name=F("receiver__username"),
            sender_is_active=F("sender__is_active"),
            receiver_is_active=F("receiver__is_active"),
        )
        .values_list(
            *FIELDS, "sender_name", "receiver_name", "sender_is_active", "receiver_is_active", named=True
        )
    )
)


# How the first message with a client id can differ from a later one. The first difference is named.
DIFFERENCES = {
    "receiver_id": "to another member",
    "parent_message_id": "in another place",
    "content": "with another text",
}


class AlreadySentError(Exception):
    """A client id that its sender has already used with another text, receiver or parent."""


def message_to_answer(pk: int, *, by) -> Message:
    """Return the message that the user `by` replies to, with both usernames, in one query.

    Raise DoesNotExist if `by` may not see it.
    """
    rows = TO_ANSWER(by.pk, pk)
    if not rows:
        raise Message.DoesNotExist
    row = rows[0]
    message = Message.from_db("default", FIELDS, [getattr(row, name) for name in FIELDS])
    message.sender = _person(row.sender_id, row.sender_name, row.sender_is_active)
    message.receiver = _person(row.receiver_id, row.receiver_name, row.receiver_is_active)
    return message


def _person(pk: int, username: str, is_active: bool):
    values = {"id": pk, "username": username, "is_active": is_active}
    # Model.from_db expects the values in the order in which the model declares its fields.
    loaded = [field.attname for field in User._meta.concrete_fields if field.attname in values]
    return User.from_db("default", loaded, [values[name] for name in loaded])


def send(*, sender, receiver, content: str, parent=None, client_id: UUID | None = None) -> Message:
    """Send a message once. A second call with the same `client_id` and content returns the first message.

    Raise ValidationError for an invalid message. Raise AlreadySentError if the first message was different.
    """
    message = Message(
        sender=sender, receiver=receiver, content=content, parent_message=parent, client_id=client_id
    )
    try:
        message.save()
    except ValidationError as error:
        if error.code == "inactive" and client_id and _is_sent(message):
            return _sent_before(message)  # Sent before the deactivation; the response was lost.
        raise
    except IntegrityError as error:
        cause = error.__cause__
        if isinstance(cause, UniqueViolation) and cause.diag.constraint_name == "message_client_id_once":
            return _sent_before(message)
        if isinstance(cause, ForeignKeyViolation):
            # The receiver was erased, or the parent deleted, after the page was loaded.
            raise ValidationError(*GONE) from error
        raise
    return message


def _is_sent(message: Message) -> bool:
    return Message.objects.filter(sender=message.sender_id, client_id=message.client_id).exists()


def _sent_before(again: Message) -> Message:
    first = Message.objects.get(sender=again.sender_id, client_id=again.client_id)
    for name, how in DIFFERENCES.items():
        if getattr(first, name) != getattr(again, name):
            raise AlreadySentError(f"This was sent before {how}. Send it again to send this message as well.")
    return first
