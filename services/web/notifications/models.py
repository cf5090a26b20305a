"""Notifications: one for each message received."""

from functools import partial

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from messaging.models import Message
from notifications.signals import notifications_read
from observability import metrics

UNKNOWN = "a deleted member"  # Erased this very moment: the commit will be refused.


class NotificationQuerySet(models.QuerySet["Notification"]):
    def for_user(self, user):
        return self.filter(user=user)

    def unread(self):
        return self.filter(read=False)

    def rows(self, before: int | None = None):
        """Rows for the page, newest first: named tuples. `before` is the last row's id."""
        some = self if before is None else self.filter(pk__lt=before)
        return some.order_by("-pk").values_list(
            "id", "content", "created_at", "read", "message_id", named=True
        )

    def create_for(self, messages: list[Message]) -> None:
        """Notify the receivers of new `messages`, whose senders must exist: one statement for any number.

        Loads the names of senders that are not at hand with one more. A message that was imported as read
        has a notification that is read.
        """
        names = self._names_of_senders(messages)
        self.bulk_create(
            self.model(
                user_id=message.receiver_id,
                message_id=message.pk,
                content=f"New message from {names.get(message.sender_id, UNKNOWN)}",
                read=message.read,
            )
            for message in messages
        )
        created = partial(metrics.NOTIFIED.inc, len(messages))
        transaction.on_commit(created, using=self.db, robust=True)

    def mark_read(self, user, pk: int | None = None) -> int:
        """Mark one notification of `user` as read, or all of them; return how many changed."""
        theirs = self.for_user(user).unread()
        if pk is not None:
            theirs = theirs.filter(pk=pk)
        with transaction.atomic(using=self.db):
            changed = theirs.update(read=True)
            if changed:
                notifications_read.send(sender=self.model, user_id=user.pk, using=self.db)
        return changed

    def _names_of_senders(self, messages: list[Message]) -> dict[int, str]:
        sender = Message._meta.get_field("sender")
        names = {m.sender_id: m.sender.username for m in messages if sender.is_cached(m)}
        missing = {m.sender_id for m in messages} - names.keys()
        if missing:
            users = sender.related_model._base_manager.using(self.db).filter(pk__in=missing)
            names |= dict(users.values_list("pk", "username"))
        return names


class Notification(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="notifications", db_index=False
    )
    message = models.ForeignKey(Message, models.CASCADE, related_name="notifications")
    content = models.CharField(max_length=255)
    read = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also how reading a message finds its notification, and erasure those of a member.
            models.UniqueConstraint(fields=["user", "message"], name="notification_once"),
        ]
        indexes = [
            # Page, newest first (NotificationQuerySet.rows).
            models.Index(fields=["user", "-id"], name="notification_newest"),
            # Badge (chats.context.badges).
            models.Index(fields=["user"], condition=Q(read=False), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return f"Notification {self.pk}"
