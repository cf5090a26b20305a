"""The previous text of an edited message, and edits that were made from a text that is no longer there."""

from hashlib import sha256
from typing import TYPE_CHECKING

from messaging.inbox import execute
from observability import metrics
from observability.transactions import on_commit

if TYPE_CHECKING:
    from messaging.models import Message

# Lock the row: two edits at once must leave two histories. Before it the editor, to whom the history points,
# and the conversation (see messaging/placing.py): an erasure waits for the edit, or the edit for the erasure.
# Its time is that of the lock, not of the transaction: a later edit has a later one.
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
    """The message no longer says what the edit was made from; `content` is what it says now."""

    def __init__(self, content: str) -> None:
        super().__init__("The message was changed meanwhile.")
        self.content = content


def version_of(content: str) -> str:
    """Return the version of a text: its SHA-256 in hexadecimal digits, as the statement above computes it."""
    return sha256(content.encode()).hexdigest()


def keep_previous_content(message: "Message", using: str) -> None:
    """Before `message` is saved: write what it said until now into the history, when that changes.

    Runs inside the transaction that `Message.save` opens. Raises Message.DoesNotExist when it is gone, and
    EditConflictError when the edit was made from another text than the stored one, unless it says the same.
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
