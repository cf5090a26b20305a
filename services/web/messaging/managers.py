"""Managers of messages."""

from typing import Any

from django.db import models

from messaging.querysets import MessageQuerySet

MessageManager = models.Manager.from_queryset(MessageQuerySet, class_name="MessageManager")


class UnreadMessagesManager(MessageManager):
    """Messages that their receivers have not read."""

    def get_queryset(self) -> MessageQuerySet:
        everything: Any = super().get_queryset()
        return everything.filter(read=False)

    def for_user(self, user) -> MessageQuerySet:
        """Return the unread messages of `user`, newest first, with the senders' names, in one query."""
        return (
            self.get_queryset()
            .filter(receiver=user)
            .select_related("sender")
            .only("id", "sender__username", "content", "timestamp", "thread")
            .order_by("-pk")
        )

    unread_for_user = for_user
