"""A message: its constraints and indexes, and the methods that write it."""

import functools
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from accounts.models import User
from messaging import editing, reading, sending
from messaging.content import MAX_LENGTH
from messaging.managers import MessageManager, UnreadMessagesManager
from messaging.message_fields import MessageFields
from messaging.threads import flatten

NOT_BLANK = r"[^ \t\n\v\f\r]"


class Message(MessageFields):
    objects = MessageManager()
    unread = UnreadMessagesManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(sender=F("receiver")), name="message_not_to_oneself"),
            # List the blanks of ASCII, because `\S` depends on the locale. content.py is stricter.
            models.CheckConstraint(
                condition=Q(content__regex=NOT_BLANK) & Q(LessThanOrEqual(Length("content"), MAX_LENGTH)),
                name="message_content",
            ),
            # A parent is older than its reply, so replies can form no cycle.
            models.CheckConstraint(condition=Q(parent_message__lt=F("id")), name="message_parent_is_older"),
            models.CheckConstraint(
                condition=Q(parent_message__isnull=True, thread_root__isnull=True)
                | Q(parent_message__isnull=False, thread_root__isnull=False),
                name="message_reply_has_root",
            ),
            # Its index also finds the messages of a sender, for an erasure.
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_client_id_once"),
            # Conversation page, newest first. Also the target of the composite foreign keys.
            models.UniqueConstraint(fields=["conversation", "id"], name="message_in_conversation"),
        ]
        indexes = [
            # Thread page: root and replies in order, by key (MessageQuerySet.in_thread).
            models.Index(fields=["thread", "id"], name="message_thread"),
            # Unread list: newest unread first (UnreadMessagesManager.for_user). Badge (chats.cache.badges).
            models.Index(fields=["receiver", "-id"], condition=Q(read=False), name="message_unread"),
            # First unread message of a conversation (MessageQuerySet.first_unread). Recount (inbox.RECOUNT).
            models.Index(
                fields=["conversation", "receiver", "id"],
                condition=Q(read=False),
                name="message_first_unread",
            ),
            # First unread message of a thread (MessageQuerySet.first_unread).
            models.Index(
                fields=["thread", "receiver", "id"],
                condition=Q(read=False),
                name="message_first_unread_thread",
            ),
        ]

    def __str__(self) -> str:
        # Contains no text and no name, because logs and the admin's history store it.
        return f"Message {self.pk}"

    # Set by `get_all_replies`: the depth below the message that it was called on.
    depth: int = 0

    def save(
        self, *, using: str | None = None, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        """Save the message with its conversation, history and counters in one transaction.

        Raise ValidationError for an invalid text, receiver or parent.
        """
        using = using or self._state.db or "default"
        write = functools.partial(super().save, using=using, **kwargs)
        if self._state.adding:
            sending.insert(self, write, using=using)
            self.remember_fields()
        else:
            self.remember_fields(editing.save_changes(self, write, update_fields, using=using))

    def edit(self, content: str, *, by: User, version: str = "") -> None:
        """Change the text on behalf of the user `by`, and keep the previous text; see `editing.edit`."""
        editing.edit(self, content, by=by, version=version)

    def mark_read(self) -> int:
        """Mark this message as read. Return 1, or 0 if it was read already."""
        count = reading.mark_ids(self.receiver_id, [self.pk], self._state.db or "default")
        self.read = True
        self.remember_fields(["read"])
        return count

    def mark_unread(self) -> None:
        """Mark this message as unread."""
        self.read = False
        self.save(update_fields=["read"])

    def get_all_replies(self) -> list["Message"]:
        """Return all replies below this message in reading order, each with its `depth`, in one query.

        A direct reply has depth 1. A reply has a greater id than its parent, so the query reads only later
        messages of the thread. `threads.read_thread` is faster when the rows are only displayed.
        """
        later = type(self).objects.with_people().filter(thread=self.thread, pk__gt=self.pk).order_by("pk")
        placed = flatten(later, below=self.pk)
        for message, depth in placed:
            message.depth = depth
        return [message for message, _ in placed]
