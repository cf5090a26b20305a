"""A message: its row, and the methods that write it."""

import functools
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from caching.transactions import on_commit
from messaging import allocation, inbox
from messaging.content import MAX_LENGTH, clean_content
from messaging.dirty_fields import DirtyFields
from messaging.managers import MessageManager, UnreadMessagesManager
from messaging.models.conversation import Conversation
from messaging.models.keys import UserKey
from messaging.numbering import with_free_ids
from messaging.threads import flatten
from observability import metrics

NOT_BLANK = r"[^ \t\n\v\f\r]"


class Message(DirtyFields):
    TRACKED_FIELDS = ("content", "read", "edited")

    # Composite foreign keys (migration 0002) require that both users are participants of the conversation.
    sender = UserKey(related_name="sent_messages", db_constraint=False, db_index=False)
    receiver = UserKey(related_name="received_messages", db_constraint=False)
    content = models.TextField()
    timestamp = models.DateTimeField(default=timezone.now)
    read = models.BooleanField(default=False)
    edited = models.BooleanField(default=False)
    # Composite foreign keys require that parent and root are in the same conversation.
    parent_message = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replies", db_constraint=False
    )
    thread_root = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,  # The generated column `thread` has the index.
    )
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="messages", db_index=False)
    # Created by the sender's form. The same id again is the same message, not a second one.
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    # The id of the root, on the root and on its replies, so that one index scan reads the whole thread.
    thread = models.GeneratedField(
        expression=Coalesce("thread_root_id", "id"), output_field=models.BigIntegerField(), db_persist=True
    )

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
            # Unread list: newest unread first (UnreadMessagesManager.for_user).
            models.Index(fields=["receiver", "-id"], condition=Q(read=False), name="message_unread"),
            # Mark as read, without a scan of unread messages in other conversations (inbox.mark_read).
            models.Index(fields=["conversation", "id"], condition=Q(read=False), name="message_unread_here"),
        ]

    def __str__(self) -> str:
        # Contains no text and no name, because logs and the admin's history store it.
        return f"Message {self.pk}"

    # Set during `edit`: the id of the editor, for the receiver that keeps the history. None: the sender.
    editor_id: int | None = None
    # Set during `edit`: the version of the text that the edit is based on. Empty: no check for conflicts.
    edited_version: str = ""
    # Set by `get_all_replies`: the depth below the message that it was called on.
    depth: int = 0

    def save(self, *, using: str | None = None, update_fields=None, **kwargs: Any) -> None:
        """Save the message with its conversation, history and counters in one transaction.

        Raise ValidationError for an invalid text, receiver or parent.
        """
        using = using or self._state.db or "default"
        if self._state.adding:
            with_free_ids([self], functools.partial(self._insert, using, **kwargs))
            written = set(self.TRACKED_FIELDS)
        else:
            with transaction.atomic(using=using):
                written = self._save_changes(using, update_fields, **kwargs)
        self.remember_fields(written)

    def edit(self, content: str, *, by, version: str = "") -> None:
        """Change the text on behalf of the user `by`, and keep the previous text in the history.

        `version` is `history.version_of` the text that the edit is based on. With it, raise EditConflictError
        if the text was changed meanwhile. Raise DoesNotExist if the message was deleted, ValidationError for
        an invalid text, and PermissionDenied if `by` may not edit.
        """
        if by.pk != self.sender_id and not by.has_perm("messaging.change_message"):
            raise PermissionDenied("Only its sender can edit a message.")
        self.content, self.editor_id, self.edited_version = clean_content(content), by.pk, version
        try:
            self.save(update_fields=["content"])
        finally:
            self.editor_id, self.edited_version = None, ""

    def mark_read(self) -> int:
        """Mark this message as read. Return 1, or 0 if it was read already."""
        count = inbox.mark_read(
            reader_id=self.receiver_id,
            conversation_id=self.conversation_id,
            first=self.pk,
            last=self.pk,
            using=self._state.db or "default",
        )
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
        later = type(self).objects.filter(thread=self.thread, pk__gt=self.pk).order_by("pk")
        people = self._people_at_hand()
        placed = flatten(later if people else later.with_people(), below=self.pk)
        for message, depth in placed:
            message.depth = depth
            if people:
                message.sender, message.receiver = people[message.sender_id], people[message.receiver_id]
        return [message for message, _ in placed]

    def _people_at_hand(self) -> dict[int, Any]:
        """Return both participants by id, or {} if they are not loaded. A whole thread has the same two."""
        if not {"sender", "receiver"} <= self._state.fields_cache.keys():
            return {}
        return {person.pk: person for person in (self.sender, self.receiver)}

    def _insert(self, using: str, **kwargs: Any) -> None:
        with transaction.atomic(using=using):
            counted = allocation.allocate_one(self, using=using)
            super().save(using=using, **{**kwargs, "force_insert": True})
            if not counted:
                inbox.record_sent([self], using=using)
            kind = "message" if self.parent_message_id is None else "reply"
            on_commit(using, metrics.SENT.labels(kind).inc)

    def _save_changes(self, using: str, update_fields, **kwargs: Any) -> set[str]:
        """Write `update_fields`, or the fields that this instance changed; return their names.

        Other fields are left out, because a stale instance would restore older values.
        """
        fields = set(update_fields) if update_fields is not None else self.fields_to_write()
        if "content" in fields:
            self.content = clean_content(self.content)
            fields.add("edited")
        if "read" in fields:
            inbox.lock([self.conversation_id], using=using)
        super().save(using=using, update_fields=fields, **kwargs)
        if "read" in fields:
            inbox.recount([self.conversation_id], using=using)
            if self.read:
                inbox.publish_read(
                    using,
                    reader_id=self.receiver_id,
                    writer_ids=[self.sender_id],
                    conversation_id=self.conversation_id,
                    first=self.pk,
                    last=self.pk,
                )
        return fields
