"""The previous text of an edited message."""

from typing import TYPE_CHECKING

from messaging.models import MessageHistory

if TYPE_CHECKING:
    from messaging.models import Message


def keep_previous_content(message: "Message", using: str) -> None:
    """Before `message` is saved: write what it said until now into the history, when that changes.

    Runs inside the transaction that `Message.save` opens.
    """
    # Lock the row: two edits at once must leave two histories.
    rows = type(message).objects.using(using).select_for_update(no_key=True).filter(pk=message.pk)
    for content, edited in rows.values_list("content", "edited"):
        changed = content != message.content
        message.edited = edited or changed
        if changed:
            MessageHistory.objects.using(using).create(
                message_id=message.pk,
                old_content=content,
                edited_by_id=message.editor_id or message.sender_id,
            )
