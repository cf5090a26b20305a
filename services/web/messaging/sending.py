"""Sending a message from a form or a program that may ask twice."""

from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from messaging.models import Message
from messaging.placing import GONE
from messaging.prepared import Prepared

User = get_user_model()
FIELDS = [field.attname for field in Message._meta.concrete_fields]
TO_ANSWER = Prepared(
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


class AlreadySentError(Exception):
    """The same client id came before with another text or for somebody else."""


def message_to_answer(pk: int, *, by) -> Message:
    """The message that `by` answers, with the names of its two people; one query.

    Raises DoesNotExist for what `by` may not see.
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
    # Django takes the values in the order in which the model declares its fields.
    loaded = [field.attname for field in User._meta.concrete_fields if field.attname in values]
    return User.from_db("default", loaded, [values[name] for name in loaded])


def send(*, sender, receiver, content: str, parent=None, client_id: UUID | None = None) -> Message:
    """Send a message once: the same `client_id` and content again returns the first message.

    Raises ValidationError for what cannot be sent and AlreadySentError for a client id used differently.
    """
    message = Message(
        sender=sender, receiver=receiver, content=content, parent_message=parent, client_id=client_id
    )
    try:
        message.save()
    except ValidationError as error:
        if error.code == "inactive" and client_id and _is_sent(message):
            return _sent_before(message)  # Before the account was deactivated; the answer was lost.
        raise
    except IntegrityError as error:
        cause = error.__cause__
        if isinstance(cause, UniqueViolation) and cause.diag.constraint_name == "message_client_id_once":
            return _sent_before(message)
        if isinstance(cause, ForeignKeyViolation):
            # Erased between the look at the page and the click.
            raise ValidationError(*GONE) from error
        raise
    return message


def _is_sent(message: Message) -> bool:
    return Message.objects.filter(sender=message.sender_id, client_id=message.client_id).exists()


def _sent_before(again: Message) -> Message:
    first = Message.objects.get(sender=again.sender_id, client_id=again.client_id)
    same = ("receiver_id", "content", "parent_message_id")
    if any(getattr(first, name) != getattr(again, name) for name in same):
        raise AlreadySentError(
            "This was sent before with another text. Send it again to send this text as well."
        )
    return first
