"""The message that a user replies to or edits."""

from accounts.models import User
from messaging.compiled import CompiledQuery
from messaging.models import Message

FIELDS = [field.attname for field in Message._meta.concrete_fields]
TO_ANSWER = CompiledQuery(
    lambda reader, pk: Message.objects.visible_to(reader).filter(pk=pk).with_names(*FIELDS)
)


def message_to_answer(pk: int, *, by: User) -> Message:
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


def message_to_edit(pk: int, *, by: User) -> Message:
    """Return the message that its sender `by` edits, as `message_to_answer` does."""
    message = message_to_answer(pk, by=by)
    if message.sender_id != by.pk:
        raise Message.DoesNotExist
    return message


def _person(pk: int, username: str, is_active: bool) -> User:
    values = {"id": pk, "username": username, "is_active": is_active}
    # Model.from_db expects the values in the order in which the model declares its fields.
    loaded = [field.attname for field in User._meta.concrete_fields if field.attname in values]
    return User.from_db("default", loaded, [values[name] for name in loaded])
