"""The history of edited messages, and conflicts between concurrent edits."""

from hashlib import sha256
from typing import TYPE_CHECKING

from caching.transactions import on_commit
from messaging.inbox import execute
from observability import metrics

if TYPE_CHECKING:
    from messaging.models import Message

# Lock the message: two concurrent edits must leave two rows of history. First lock the editor, whom the
# history references, and the conversation, in the order of messaging/allocation.py. So an erasure waits for
# the edit, or the edit waits for the erasure.
# clock_timestamp() is the time after the lock, not of the transaction, so a later edit has a later time.
KEEP = """
WITH editor AS MATERIALIZED (SELECT id FROM accounts_user WHERE id = %(editor)s FOR KEY SHARE),
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
  RETURNING id
)
SELECT edited, EXISTS (SELECT FROM kept), CASE WHEN is_conflict THEN content END FROM before
"""


class EditConflictError(Exception):
    """An edit of a text that was changed after the editor loaded it. `content` is the stored text."""

    def __init__(self, content: str) -> None:
        super().__init__("The message was changed meanwhile.")
        self.content = content


def version_of(content: str) -> str:
    """Return the version of a text: its SHA-256 in hexadecimal digits. KEEP computes the same value."""
    return sha256(content.encode()).hexdigest()


def keep_previous_content(message: "Message", using: str) -> None:
    """Write the stored text of `message` into the history if the save changes it.

    It runs before the save, in the transaction that `Message.save` opens. Raise Message.DoesNotExist if the
    row was deleted. Raise EditConflictError if the edit is based on another text than the stored one, unless
    the stored text already equals the new one.
    """
    editor_id = message.editor_id or message.sender_id
    values = {
        "editor": editor_id,
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
    if changes:
        on_commit(using, metrics.EDITED.inc)
