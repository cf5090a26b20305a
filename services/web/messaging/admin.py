"""The admin of messages: staff can view them without their texts, and delete them.

A list makes the same number of queries at any size. messaging/admin_texts.py shows a text on request.
"""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from accounts.read_only_admin import ReadOnlyAdmin
from messaging.admin_texts import TextOnRequest
from messaging.models import Conversation, Message, MessageHistory


class CountlessPaginator(Paginator):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """A paginator that counts at most MOST rows, because counting millions takes seconds."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # of the admin
        return rows.order_by()[: self.MOST].count()


class BigTableAdmin(ReadOnlyAdmin):
    """The admin of a table whose rows would take too long to count."""

    paginator = CountlessPaginator


@admin.register(Conversation)
class ConversationAdmin(BigTableAdmin):
    list_display = ("id", "low", "high")
    list_select_related = ("low", "high")
    search_fields = ("low__name_key__exact", "high__name_key__exact")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # The erasure of a participant deletes it.


@admin.register(Message)
class MessageAdmin(TextOnRequest, BigTableAdmin):
    text_field = "content"
    list_display = ("id", "sender", "receiver", "timestamp", "read", "edited")
    list_select_related = ("sender", "receiver")
    list_filter = ("read", "edited", "timestamp")
    search_fields = ("=id", "sender__name_key__exact", "receiver__name_key__exact")
    search_help_text = "The id of a message, or the whole name of a sender or receiver."
    fields = ("sender", "receiver", "timestamp", "read", "edited", "parent_message", "conversation")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Annotate each row: before a bulk deletion, Django checks the permission for each object.
        replies = Message.objects.filter(parent_message=OuterRef("pk"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(has_replies=Exists(replies))
        return rows

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A message without the annotation was collected by Django as a reply to a message to be deleted.
        if obj is not None and getattr(obj, "has_replies", True):
            return False  # Its replies need their parent.
        return super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        found = super().get_deleted_objects(objs, request)
        # History cannot be deleted alone. It is deleted with its message, without a permission of its own.
        found[2].discard(str(MessageHistory._meta.verbose_name))
        return found


@admin.register(MessageHistory)
class MessageHistoryAdmin(TextOnRequest, BigTableAdmin):
    text_field = "old_content"
    list_display = ("id", "message", "edited_at", "edited_by")
    list_select_related = ("message", "edited_by")
    list_filter = ("edited_at",)
    search_fields = ("=message__id",)
    search_help_text = "The id of a message."
    fields = ("message", "edited_at", "edited_by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # History is a record.
