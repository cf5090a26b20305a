"""Querysets of messages, their history and the inbox."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BigIntegerField, Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Left

from accounts.models import User
from messaging import bulk_sending, reading
from messaging.reading import LATEST

# Queries read one more character, because excerpts.begin cuts correctly only if it knows the next one.
EXCERPT = 120  # Number of characters of an excerpt.
LONG_EXCERPT = 300  # The same in the unread list, where most messages fit completely.
MOST_REPLIES = 99  # Replies of a thread that are counted. Queries read one more.

PERMANENT = ("sender", "receiver", "conversation", "parent_message", "thread_root")
# Fields that must not change alone, because other rows depend on them. The value names the API to use.
GUARDED = {
    "content": "message.edit(content, by=user), which keeps the history",
    "edited": "message.edit(content, by=user), which sets it",
    **dict.fromkeys(
        ("read", "read_at"), "Message.objects.mark_seen(...) or message.mark_read(), which keep the counters"
    ),
    **dict.fromkeys(PERMANENT, "a new message"),
}


class GuardedUpdateError(TypeError):
    """A bulk update of a field that must change together with the history or the counters."""


def named_rows(
    queryset: models.QuerySet[Any], fields: Iterable[str], **expressions: Any
) -> models.QuerySet[Any]:
    """Return named tuples of these fields and expressions."""
    rows: models.QuerySet[Any] = queryset.annotate(**expressions)
    return rows.values_list(*fields, *expressions, named=True)


SUMMARY = ArrayField(BigIntegerField())


class Summary(Subquery):
    """The number of rows and the largest id of a subquery of ids, as an array."""

    template = "(SELECT ARRAY[COUNT(*), MAX(counted.id)] FROM (%(subquery)s) AS counted (id))"


class ParticipantQuerySet(models.QuerySet[Any]):
    def inbox_rows(self, user: User, before: int | None = None) -> models.QuerySet[Any]:
        """Return one row per counterpart, latest message first, as named tuples in one query.

        `before` is the `last_message_id` of the last row on the previous page.
        """
        side = self.filter(user=user, last_message__lt=before or LATEST).order_by("-last_message")
        shown = {
            "name": F("counterpart__username"),
            "excerpt": Left("last_message__content", EXCERPT + 1),
            "sent_at": F("last_message__timestamp"),
            "sender_id": F("last_message__sender"),
        }
        return named_rows(
            side, ("last_message_id", "conversation_id", "counterpart_id", "unread_count"), **shown
        )

    def with_counterpart(self, name: str, key: str = "") -> models.QuerySet[Any]:
        """Return the conversation with the user of that name, in the form of `for_heading`.

        `key` is the key of the name, if the caller knows it.
        """
        # As one value: the plan of a join could read all conversations of the user, until the first ANALYZE.
        named = User.objects.named(name, key).values("pk")[:1]
        return self.filter(counterpart=Subquery(named)).for_heading()

    def for_heading(self) -> models.QuerySet[Any]:
        """Return the heading of a conversation: named tuples with the spelling of the counterpart's name."""
        shown = {"name": F("counterpart__username"), "is_active": F("counterpart__is_active")}
        fields = ("conversation_id", "counterpart_id", "last_message_id", "unread_count")
        return named_rows(self, fields, **shown)


class MessageQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Return the messages that `user` sent or received. No other user may see them."""
        return self.filter(Q(sender=user) | Q(receiver=user))

    def in_thread(self, root_id: int) -> Self:
        return self.filter(thread=root_id)

    def in_conversation(self, conversation_id: int) -> Self:
        return self.filter(conversation=conversation_id)

    def first_unread(self, reader: User) -> models.QuerySet[Any]:
        """Return the id of the first message that `reader` has received and not read, as a named tuple."""
        return self.filter(receiver=reader, read=False).order_by("pk").values_list("id", named=True)[:1]

    def with_people(self) -> Self:
        return self.select_related("sender", "receiver")

    def for_display(self, *, with_replies: bool = False) -> models.QuerySet[Any]:
        """Return rows for a page: named tuples with an excerpt of the parent's text, in one query.

        `with_replies` sets `thread_replies` of each first message of a thread: the number of its replies, at
        most MOST_REPLIES + 1, and the id of the last one. Otherwise it is None.
        """
        own = ("id", "sender_id", "content", "timestamp", "read", "read_at", "edited")
        place = ("parent_message_id", "thread")
        parent_excerpt = Left("parent_message__content", EXCERPT + 1)
        parent_sender_id = F("parent_message__sender")
        return named_rows(
            self, own + place, parent_excerpt=parent_excerpt, parent_sender_id=parent_sender_id,
            thread_replies=self._replies() if with_replies else Value(None, SUMMARY),
        )  # fmt: skip

    def _replies(self) -> Case:
        # An index scan from the end of the thread. A reply is the root of no thread, so it needs no scan.
        thread = self.model._default_manager.in_thread(OuterRef("pk")).filter(pk__gt=OuterRef("pk"))
        newest = thread.order_by("-pk").values("pk")[: MOST_REPLIES + 1]
        return Case(When(parent_message=None, then=Summary(newest, SUMMARY)))

    def for_heading(self, reader: User) -> models.QuerySet[Any]:
        """Return the headings of messages: named tuples with an excerpt, the conversation and both usernames.

        `first_unread` is the id of the first message of the thread that `reader` has received and not read.
        """
        thread = self.model._default_manager.in_thread(OuterRef("pk"))
        first_unread = Subquery(thread.first_unread(reader).values("pk"))
        shown = {"excerpt": Left("content", EXCERPT + 1), "first_unread": first_unread}
        return self.with_names("id", "thread", "conversation_id", "sender_id", **shown)

    def with_names(self, *fields: str, **expressions: Any) -> models.QuerySet[Any]:
        """Return these values as named tuples, with the names of both users and whether they are active."""
        people = {
            "sender_name": F("sender__username"),
            "receiver_name": F("receiver__username"),
            "sender_is_active": F("sender__is_active"),
            "receiver_is_active": F("receiver__is_active"),
        }
        return named_rows(self, fields, **people, **expressions)

    def for_list(self, before: int | None = None) -> models.QuerySet[Any]:
        """Return rows for the unread list: named tuples with an excerpt and the sender's name.

        `before` is the id of the last row on the previous page.
        """
        some = self.filter(pk__lt=before or LATEST)
        shown = {"name": F("sender__username"), "excerpt": Left("content", LONG_EXCERPT + 1)}
        return named_rows(some, ("id", "conversation_id", "sender_id", "timestamp"), **shown)

    def mark_seen(self, reader: User, ids: Sequence[int]) -> int:
        """Mark the messages with these ids that `reader` received as read; return how many changed."""
        return reading.mark_ids(reader.pk, ids, self.db)

    def mark_conversation_read(self, reader: User, conversation_id: int, *, up_to: int) -> int:
        """Mark the messages up to id `up_to` that `reader` received as read; return how many changed."""
        return reading.mark_conversation(reader.pk, conversation_id, up_to, self.db)

    def mark_all_read(self, reader: User, *, up_to: int = LATEST) -> int:
        """Mark all messages up to id `up_to` that `reader` received as read; return how many changed."""
        return reading.mark_up_to(reader.pk, up_to, self.db)

    def update(self, **kwargs: Any) -> int:
        """Like Django's, but raise GuardedUpdateError for some fields. `bulk_update` calls this too."""
        for field in kwargs:
            name = field.removesuffix("_id")
            if name in GUARDED:
                raise GuardedUpdateError(f"{name!r} cannot be changed in bulk; use {GUARDED[name]}.")
        return super().update(**kwargs)

    def bulk_create(  # type: ignore[override]  # without the options for conflicts
        self, objs: Iterable[Any], batch_size: int | None = None, **options: Any
    ) -> list[Any]:
        """Send many messages in one transaction, with their conversations, counters and notifications.

        A reply may refer to an earlier message of the same list. Raise ValidationError and create no message
        if one of them is invalid. Raise TypeError for the options of Django's `bulk_create`.
        """
        if any(options.values()):
            raise TypeError("Messages are created or refused; conflicts cannot be ignored or updated.")
        messages = list(objs)
        write = partial(super().bulk_create, batch_size=batch_size)
        bulk_sending.insert_many(messages, write, model=self.model, using=self.db)
        return messages


class MessageHistoryQuerySet(models.QuerySet[Any]):
    def rows(self, message_id: int, before: int | None = None) -> models.QuerySet[Any]:
        """Return the earlier texts of a message, latest edit first, as named tuples.

        `before` is the id of the last row on the previous page.
        """
        some = self.filter(message=message_id, pk__lt=before or LATEST).order_by("-pk")
        return named_rows(some, ("id", "old_content", "edited_at"), editor=F("edited_by__username"))
