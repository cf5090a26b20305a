"""The previous text of an edited message."""

from typing import TYPE_CHECKING

from django.db import connections

from messaging.models import MessageHistory

if TYPE_CHECKING:
    from messaging.models import Message

# Lock the row: two edits at once must leave two histories. Before it the editor, to whom the history points,
# and the conversation (see messaging/inbox.py): an erasure waits for the edit, or the edit for the erasure.
LOCK = """
WITH editor AS MATERIALIZED (SELECT id FROM accounts_user WHERE id = %(editor)s FOR KEY SHARE),
here AS MATERIALIZED (
  SELECT id FROM messaging_conversation
  WHERE (SELECT count(*) FROM editor) >= 0
    AND id = (SELECT conversation_id FROM messaging_message WHERE id = %(message)s)
  FOR NO KEY UPDATE
)
SELECT content, edited FROM messaging_message
WHERE id = %(message)s AND conversation_id = (SELECT id FROM here)
FOR NO KEY UPDATE
"""


def keep_previous_content(message: "Message", using: str) -> None:
    """Before `message` is saved: write what it said until now into the history, when that changes.

    Runs inside the transaction that `Message.save` opens. Raises Message.DoesNotExist when it is gone.
    """
    editor_id = message.editor_id or message.sender_id
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK, {"editor": editor_id, "message": message.pk})
        found = cursor.fetchone()
    if found is None:
        raise type(message).DoesNotExist("The message was deleted meanwhile.")
    content, edited = found
    changed = content != message.content
    message.edited = edited or changed
    if changed:
        MessageHistory.objects.using(using).create(
            message_id=message.pk, old_content=content, edited_by_id=editor_id
        )
