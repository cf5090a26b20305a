"""Notifications: one for each message received."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Left
from django.utils import timezone

from accounts.models import User
from caching.transactions import on_commit
from messaging import reading
from messaging.keys import UserKey
from messaging.models import Message
from messaging.querysets import EXCERPT, named_rows
from messaging.statements import USERS, execute, lock_conversations
from observability import metrics

# `bulk_create` builds its SQL anew for each message, which takes longer than the statement. The name comes
# from a subquery, because the plan of a join for any number of messages would read all users. A sender who
# is missing is being erased: then the commit fails.
CREATE = f"""
INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
SELECT receiver_id, id, 'New message from ' || COALESCE(
  (SELECT username FROM {USERS} u WHERE u.id = m.sender_id), 'a deleted member'), read, timestamp
FROM {Message._meta.db_table} m WHERE id = ANY(%s::bigint[])
"""  # noqa: S608  (names of tables)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def for_user(self, user: User) -> Self:
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read=False)

    def rows(self, before: int | None = None) -> models.QuerySet[Any]:
        """Return rows for the page as named tuples, latest message first.

        `before` is the message id of the last row on the previous page. `sender_name` is the current name;
        `content` contains the name at the time of the message.
        """
        some = self.filter(message__lt=before or reading.LATEST).order_by("-message")
        shown = {
            "sender_name": F("message__sender__username"),
            "sender_id": F("message__sender"),
            "conversation_id": F("message__conversation"),
            "excerpt": Left("message__content", EXCERPT + 1),
        }
        return named_rows(some, ("id", "created_at", "read", "message_id"), **shown)

    def create_for(self, messages: list[Message]) -> None:
        """Create the notifications for `messages`, which are inserted already, in one statement.

        A message that was imported as read gets a notification that is read.
        """
        execute(self.db, CREATE, [[message.pk for message in messages]])
        on_commit(self.db, metrics.NOTIFIED.inc, len(messages))

    def follow(self, messages: models.QuerySet[Message] | list[int], *, read: bool, user_id: int) -> None:
        """Set `read` on the notifications of this user for these messages (a queryset, or ids)."""
        models.QuerySet.update(self.filter(user=user_id, read=not read, message__in=messages), read=read)

    def update(self, **kwargs: Any) -> int:
        if "read" in kwargs:
            raise TypeError("A notification is read when its message is; use Message.objects.mark_seen().")
        return super().update(**kwargs)


class Notification(models.Model):
    user = UserKey(related_name="notifications", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="notifications")
    content = models.CharField(max_length=255)
    read = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Page, latest message first (NotificationQuerySet.rows). Also used when a message is read, and by
            # the erasure of a user.
            models.UniqueConstraint(fields=["user", "message"], name="notification_once"),
        ]
        indexes = [
            # Badge (chats.cache.badges).
            models.Index(fields=["user"], condition=Q(read=False), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return f"Notification {self.pk}"

    def save(
        self, *, using: str | None = None, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        """Save, and set `read` of the message to the same value."""
        using = using or self._state.db or "default"
        with transaction.atomic(using=using):
            if not self._state.adding and "read" in (update_fields or ("read",)):
                # First the message, in the same order as all other code. The lock delays other changes.
                lock_conversations([self.message.conversation_id], using=using)
                self._take_message_along(using)
            super().save(using=using, update_fields=update_fields, **kwargs)

    def _take_message_along(self, using: str) -> None:
        if self.read:
            reading.mark_ids(self.user_id, [self.message_id], using)
        elif message := Message.objects.using(using).filter(pk=self.message_id, read=True).first():
            message.mark_unread()
