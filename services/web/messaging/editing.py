"""Editing: what happens when a message is edited, from top to bottom, and any other save of a stored message.

`Message.edit` calls `edit`. It saves the message, so `Message.save` calls `save_changes`. The receiver of
`pre_save` calls `keep_previous_content`. Its statement locks the row, keeps the previous text in the history
and writes the new one. If other fields are saved too, Django's UPDATE follows. Receivers of `post_save`
publish the edit after the commit (docs/signals.md).
"""

from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from accounts.models import User
from caching.transactions import on_commit
from messaging.content import clean_content
from messaging.message_fields import MessageFields
from messaging.reading import save_flag
from messaging.statements import USERS, execute
from observability import metrics

TEXT = frozenset({"content", "edited"})  # The fields that KEEP writes.
# Lock the message: two concurrent edits must leave two rows of history. First lock the editor, whom the
# history references, and the conversation, in the order of messaging/statements.py. So an erasure waits for
# the edit, or the edit waits for the erasure. `count(*) >= 0` is always true; it makes PostgreSQL lock the
# editor first.
# clock_timestamp() is the time after the lock, not of the transaction, so a later edit has a later time.
KEEP = f"""
WITH editor AS MATERIALIZED (SELECT id FROM {USERS} WHERE id = %(editor)s FOR KEY SHARE),
here AS MATERIALIZED (
  SELECT id FROM messaging_conversation
  WHERE (SELECT count(*) FROM editor) >= 0
    AND id = (SELECT conversation_id FROM messaging_message WHERE id = %(message)s)
  FOR NO KEY UPDATE
), before AS MATERIALIZED (
  SELECT id, content, edited,
    content <> %(content)s AND %(version)s <> ''
      AND %(version)s <> encode(sha256(convert_to(content, 'UTF8')), 'hex') AS is_conflict
  FROM messaging_message
  WHERE id = %(message)s AND conversation_id = (SELECT id FROM here)
  FOR NO KEY UPDATE
), kept AS (
  INSERT INTO messaging_messagehistory (message_id, old_content, edited_at, edited_by_id)
  SELECT id, content, clock_timestamp(), %(editor)s FROM before
  WHERE content <> %(content)s AND NOT is_conflict
), changed AS (
  UPDATE messaging_message m SET content = %(content)s, edited = true FROM before
  WHERE m.id = before.id AND before.content <> %(content)s AND NOT is_conflict
)
SELECT edited, content <> %(content)s AND NOT is_conflict, CASE WHEN is_conflict THEN content END FROM before
"""  # noqa: S608  (the name of a table)


class EditConflictError(Exception):
    """An edit of a text that was changed after the editor loaded it. `content` is the stored text."""

    def __init__(self, content: str) -> None:
        super().__init__("The message was changed meanwhile.")
        self.content = content


def version_of(content: str) -> str:
    """Return the version of a text: its SHA-256 in hexadecimal digits. KEEP computes the same value."""
    return sha256(content.encode()).hexdigest()


def edit(message: MessageFields, content: str, *, by: User, version: str = "") -> None:
    """Change the text on behalf of the user `by`, and keep the previous text in the history.

    `version` is `version_of` the text that the edit is based on. With it, raise EditConflictError if the text
    was changed meanwhile. Raise DoesNotExist if the message was deleted, ValidationError for an invalid text,
    and PermissionDenied if `by` may not edit.
    """
    if by.pk != message.sender_id and not by.has_perm("messaging.change_message"):
        raise PermissionDenied("Only its sender can edit a message.")
    message.content, message.editor_id, message.edited_version = clean_content(content), by.pk, version
    try:
        message.save(update_fields=["content"])
    finally:
        message.editor_id, message.edited_version = None, ""


def save_changes(
    message: MessageFields, write: Callable[..., None], update_fields: Iterable[str] | None, *, using: str
) -> set[str]:
    """Save `update_fields`, or the fields that this instance changed; return their names.

    `write` is Django's `save`. It leaves out the other fields, because a stale instance would restore older
    values.
    """
    fields = set(update_fields) if update_fields is not None else message.fields_to_write()
    if "read" in fields:
        message.read_at = timezone.now() if message.read else None
        fields.add("read_at")
    if "content" in fields:
        message.content = clean_content(message.content)
        fields.add("edited")
    save = partial(_save_text, message, using) if fields == TEXT else partial(write, update_fields=fields)
    try:
        with transaction.atomic(using=using):
            if "read" in fields:
                save_flag(message, save, using=using)
            else:
                save()
    finally:
        message.written_fields = {}
    return fields


def _save_text(message: MessageFields, using: str) -> None:
    """Save the text alone, with the signals of Django's `save`.

    The receiver of `pre_save` has written it already, unless a later receiver has changed it since.
    """
    about: dict[str, Any] = {"instance": message, "raw": False, "using": using, "update_fields": TEXT}
    pre_save.send(sender=type(message), **about)
    now = {name: getattr(message, name) for name in TEXT}
    if now != message.written_fields:
        stored = type(message)._base_manager.using(using).filter(pk=message.pk)
        models.QuerySet.update(stored, **now)
    post_save.send(sender=type(message), created=False, **about)


def keep_previous_content(message: MessageFields, using: str) -> None:
    """If the save changes the text, write the stored text into the history and the new one into the row.

    It runs before the save, in the transaction of `save_changes`. Raise Message.DoesNotExist if the
    row was deleted. Raise EditConflictError if the edit is based on another text than the stored one, unless
    the stored text already equals the new one.
    """
    values = {
        "editor": message.editor_id or message.sender_id,
        "message": message.pk,
        "content": message.content,
        "version": message.edited_version,
    }
    found = execute(using, KEEP, values)
    if not found:
        raise type(message).DoesNotExist("The message was deleted meanwhile.")
    before, changes, now = found[0]
    if now is not None:
        raise EditConflictError(now)
    message.edited = before or changes
    message.written_fields = {"content": message.content, "edited": message.edited}
    if changes:
        on_commit(using, metrics.EDITED.inc)
