"""Conversations of two people, their messages, and what each message said before it was edited."""

import functools
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from messaging import inbox, placing
from messaging.content import MAX_LENGTH, clean_content
from messaging.managers import MessageManager, UnreadMessagesManager
from messaging.numbering import with_free_ids
from messaging.querysets import MessageHistoryQuerySet, ParticipantQuerySet
from messaging.threads import nest
from messaging.watched import WatchedFields
from observability import metrics
from observability.transactions import on_commit

# Members are erased by receivers with set-based SQL (messaging/erasure.py): Django must not collect rows
# for that, and PostgreSQL's deferred constraints see to it that nothing is forgotten.
NOT_BLANK = r"[^ \t\n\v\f\r]"
UserKey = functools.partial(models.ForeignKey, settings.AUTH_USER_MODEL, models.DO_NOTHING)


class Conversation(models.Model):
    """Two people. `low` is the one with the smaller id, so that each pair has one row."""

    low = UserKey(related_name="+", db_index=False)  # The unique pair begins with it.
    high = UserKey(related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="conversation_low_before_high"),
            models.UniqueConstraint(fields=["low", "high"], name="conversation_one_a_pair"),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"


class Participant(models.Model):
    """One person's side of a conversation; the inbox reads this and nothing else."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="participants", db_index=False
    )
    user = UserKey(related_name="+", db_index=False)
    counterpart = UserKey(related_name="+", db_index=False)
    last_message = models.ForeignKey("Message", models.DO_NOTHING, null=True, related_name="+")
    unread_count = models.PositiveIntegerField(default=0)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="participant_once"),
            # Conversation page, found by the name of the counterpart (ParticipantQuerySet.with_counterpart).
            models.UniqueConstraint(fields=["counterpart", "user"], name="participant_one_a_pair"),
            models.CheckConstraint(condition=~Q(user=F("counterpart")), name="participant_not_alone"),
        ]
        indexes = [
            # Inbox: latest conversation first, by key (ParticipantQuerySet.inbox_rows).
            models.Index(fields=["user", "-last_message"], name="participant_inbox"),
        ]

    def __str__(self) -> str:
        return f"Participant {self.pk}"


class Message(WatchedFields):
    WATCHED = ("content", "read", "edited")

    # The composite foreign keys of 0002 hold both people to the conversation, and so to the members.
    sender = UserKey(related_name="sent_messages", db_constraint=False, db_index=False)
    receiver = UserKey(related_name="received_messages", db_constraint=False)
    content = models.TextField()
    timestamp = models.DateTimeField(default=timezone.now)
    read = models.BooleanField(default=False)
    edited = models.BooleanField(default=False)
    # Likewise for parent and root: they are in the same conversation.
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
        db_index=False,  # The generated thread has the index.
    )
    conversation = models.ForeignKey(Conversation, models.DO_NOTHING, related_name="messages", db_index=False)
    # Made by the writer's form: the same id again is the same message, not a second one.
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    # The id of the thread, on the root as on its replies, so that one index scan brings them all.
    thread = models.GeneratedField(
        expression=Coalesce("thread_root_id", "id"), output_field=models.BigIntegerField(), db_persist=True
    )

    objects = MessageManager()
    unread = UnreadMessagesManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(sender=F("receiver")), name="message_not_to_oneself"),
            # The blanks of ASCII, written out: `\S` would follow the locale. content.py refuses more.
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
            # Also the index of the sender, for erasure.
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_client_id_once"),
            # Conversation page, newest first; and the target of the composite foreign keys.
            models.UniqueConstraint(fields=["conversation", "id"], name="message_in_conversation"),
        ]
        indexes = [
            # Thread page: root and replies in order, by key (MessageQuerySet.in_thread).
            models.Index(fields=["thread", "id"], name="message_thread"),
            # Unread list: newest unread first (UnreadMessagesManager.for_user).
            models.Index(fields=["receiver", "-id"], condition=Q(read=False), name="message_unread"),
            # Mark as read, without walking the member's unread messages elsewhere (inbox.mark_read).
            models.Index(fields=["conversation", "id"], condition=Q(read=False), name="message_unread_here"),
        ]

    def __str__(self) -> str:
        # No text and no name: this ends up in logs and in the admin's history.
        return f"Message {self.pk}"

    # Who edits, when it is not the sender; read by the receiver that keeps the history.
    editor_id: int | None = None
    # Set during `edit`: the version of the text that the edit was made from; empty when that does not matter.
    edited_version: str = ""
    # Set by `get_all_replies`: how far below the message that was asked.
    depth: int = 0

    def save(self, *, using: str | None = None, update_fields=None, **kwargs: Any) -> None:
        """Save, with the conversation, the history and the counters that belong to it, all or nothing.

        Raises ValidationError for a text, a receiver or a parent that cannot be.
        """
        using = using or self._state.db or "default"
        if self._state.adding:
            with_free_ids([self], functools.partial(self._insert, using, **kwargs))
            written = set(self.WATCHED)
        else:
            with transaction.atomic(using=using):
                written = self._save_changes(using, update_fields, **kwargs)
        self.remember_watched(written)

    def edit(self, content: str, *, by, version: str = "") -> None:
        """Change the text; `by` is the member who does. The previous text goes into the history.

        `version` is `history.version_of` the text that the edit was made from: with it, an edit of a text
        that was changed meanwhile raises EditConflictError. Raises ValidationError, PermissionDenied, or
        DoesNotExist when the message was deleted meanwhile.
        """
        if by.pk != self.sender_id and not by.has_perm("messaging.change_message"):
            raise PermissionDenied("Only its sender can edit a message.")
        self.content, self.editor_id, self.edited_version = clean_content(content), by.pk, version
        try:
            self.save(update_fields=["content"])
        finally:
            self.editor_id, self.edited_version = None, ""

    def mark_read(self) -> int:
        """Mark this one message as read and return how many changed: 1, or 0 when it was read already."""
        count = inbox.mark_read(
            reader_id=self.receiver_id,
            conversation_id=self.conversation_id,
            first=self.pk,
            last=self.pk,
            using=self._state.db or "default",
        )
        self.read = True
        self.remember_watched(["read"])
        return count

    def mark_unread(self) -> None:
        """Put this one message back among what its receiver has not read."""
        self.read = False
        self.save(update_fields=["read"])

    def get_all_replies(self) -> list["Message"]:
        """Every reply below this message at any depth, in reading order, each with its `depth`: one query.

        A direct reply has depth 1. A reply has a larger id than its parent, so what stands below this
        message is among the later messages of its thread. To show a thread, `threads.read_thread` is faster.
        """
        later = type(self).objects.filter(thread=self.thread, pk__gt=self.pk).order_by("pk")
        people = self._people_at_hand()
        placed = nest(later if people else later.with_people(), below=self.pk)
        for message, depth in placed:
            message.depth = depth
            if people:
                message.sender, message.receiver = people[message.sender_id], people[message.receiver_id]
        return [message for message, _ in placed]

    def _people_at_hand(self) -> dict[int, Any]:
        """Its two people by id, when both are loaded: all messages of a thread have the same two."""
        if not {"sender", "receiver"} <= self._state.fields_cache.keys():
            return {}
        return {person.pk: person for person in (self.sender, self.receiver)}

    def _insert(self, using: str, **kwargs: Any) -> None:
        with transaction.atomic(using=using):
            counted = placing.place_one(self, using=using)
            super().save(using=using, **{**kwargs, "force_insert": True})
            if not counted:
                inbox.record_sent([self], using=using)
            kind = "message" if self.parent_message_id is None else "reply"
            on_commit(using, metrics.SENT.labels(kind).inc)

    def _save_changes(self, using: str, update_fields, **kwargs: Any) -> set[str]:
        """Write what this instance changed: a stale copy must not bring back an older text or state.

        Return the names of the fields that were written.
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
                inbox.tell_read(
                    using,
                    reader_id=self.receiver_id,
                    writer_ids=[self.sender_id],
                    conversation_id=self.conversation_id,
                    first=self.pk,
                    last=self.pk,
                )
        return fields


class MessageHistory(models.Model):
    """What a message said before an edit; written by a receiver, read by its two people, never changed."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="history", db_index=False)
    old_content = models.TextField()
    edited_at = models.DateTimeField(default=timezone.now)
    # Null once an editor who is not one of the two people has been erased.
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
