"""Managers of messages."""

from typing import cast

from django.db import models

from accounts.models import User
from messaging.querysets import MessageQuerySet

MessageManager = models.Manager.from_queryset(MessageQuerySet, class_name="MessageManager")


class UnreadMessagesManager(MessageManager):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Messages that their receivers have not read."""

    def get_queryset(self) -> MessageQuerySet:
        everything = cast(MessageQuerySet, super().get_queryset())
        return everything.filter(read=False)

    def for_user(self, user: User) -> MessageQuerySet:
        """Return the unread messages of `user`, newest first, with the senders' names, in one query."""
        rows = self.get_queryset().filter(receiver=user).select_related("sender").order_by("-pk")
        return rows.only("id", "sender__username", "content", "timestamp", "thread")

    unread_for_user = for_user
