"""Validation of new messages, and the attachment of replies to their threads."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.content import clean_content
from messaging.message_fields import MessageFields
from messaging.pairs import pair_of

Parents = Mapping[int, MessageFields]  # The parent of each reply, by `id(reply)`.

GONE = (gettext_lazy("This member or message is no longer there."), "gone")
INACTIVE = (gettext_lazy("This member's account is deactivated: nobody can write to it."), "inactive")
LATER = ("A reply must be later than the message that it answers.", "parent_later")


def validate(messages: Sequence[MessageFields], using: str) -> Parents:
    """Validate texts, users and parents, and return the parents. Raise ValidationError."""
    parents = _parents(messages, using)
    before: set[int] = set()
    for message in messages:
        message.content = clean_content(message.content)
        parent = parents.get(id(message))
        _check_people(message, parent)
        if parent is not None and parent.pk is None and id(parent) not in before:
            raise ValidationError(*LATER)
        before.add(id(message))
    return parents


def attach_to_thread(message: MessageFields, parents: Parents) -> None:
    """Attach a reply, which has its id, to its parent and to the thread of the parent."""
    parent = parents.get(id(message))
    if parent is None:
        return
    if message.pk is not None and parent.pk >= message.pk:
        raise ValidationError(*LATER)
    message.parent_message_id = parent.pk
    message.thread_root_id = parent.thread_root_id or parent.pk


def _check_people(message: MessageFields, parent: MessageFields | None) -> None:
    if message.sender_id is None or message.receiver_id is None:
        raise ValidationError("A message needs a sender and a receiver.", code="people")
    if message.sender_id == message.receiver_id:
        raise ValidationError(_("You cannot write to yourself; choose somebody else."), code="oneself")
    if parent is not None and pair_of(parent) != pair_of(message):
        raise ValidationError(
            "A reply belongs to the two people of the message it answers.", code="other_conversation"
        )


def _parents(messages: Sequence[MessageFields], using: str) -> dict[int, MessageFields]:
    """Return the parent of each reply, by `id(reply)`. One query loads missing parents."""
    if not messages:
        return {}
    model: Any = type(messages[0])
    field = model._meta.get_field("parent_message")
    wanted = {m.parent_message_id for m in messages if m.parent_message_id and not field.is_cached(m)}
    loaded = model._base_manager.using(using).in_bulk(wanted) if wanted else {}
    found = {}
    for message in messages:
        parent = field.get_cached_value(message, default=None) or loaded.get(message.parent_message_id)
        if parent is not None:
            found[id(message)] = parent
        elif message.parent_message_id is not None:
            raise ValidationError("The message to reply to does not exist.", code="no_parent")
    return found
