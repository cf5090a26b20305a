"""The texts of messages before their edits."""

from django.db import models
from django.utils import timezone

from messaging.keys import UserKey
from messaging.models.message import Message
from messaging.querysets import MessageHistoryQuerySet


class MessageHistory(models.Model):
    """The text of a message before an edit. The signal receiver `keep_history` writes it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="history", db_index=False)
    old_content = models.TextField()
    edited_at = models.DateTimeField(default=timezone.now)
    # NULL after the erasure of an editor who is not a participant.
    edited_by = UserKey(null=True, related_name="+")

    objects = MessageHistoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "message histories"
        indexes = [
            # History page, latest edit first (MessageHistoryQuerySet.rows).
            models.Index(fields=["message", "-id"], name="history_latest"),
        ]

    def __str__(self) -> str:
        return f"Earlier text {self.pk} of message {self.message_id}"
