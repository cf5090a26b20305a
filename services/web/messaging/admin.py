"""Messages in the admin: to look at without their texts, and to delete.

Lists cost the same number of queries at any size. A text is shown on request (messaging/admin_texts.py).
"""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.utils.functional import cached_property

from messaging.admin_texts import TextOnRequest
from messaging.models import Conversation, Message, MessageHistory


class CountlessPaginator(Paginator):
    """A paginator that counts no further than a person would turn pages: counting millions takes seconds."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[: self.MOST].count()


class BigTableAdmin(admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    paginator = CountlessPaginator
    ordering = ("-pk",)


@admin.register(Conversation)
class ConversationAdmin(BigTableAdmin):
    list_display = ("id", "low", "high")
    list_select_related = ("low", "high")
    search_fields = ("low__name_key__exact", "high__name_key__exact")
    raw_id_fields = ("low", "high")

    def has_add_permission(self, request):
        return False  # The first message opens it.

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False  # Erasing one of its people deletes it.


@admin.register(Message)
class MessageAdmin(TextOnRequest, BigTableAdmin):
    text_field = "content"
    list_display = ("id", "sender", "receiver", "timestamp", "read", "edited")
    list_select_related = ("sender", "receiver")
    list_filter = ("read", "edited", "timestamp")
    search_fields = ("=id", "sender__name_key__exact", "receiver__name_key__exact")
    search_help_text = "The id of a message, or the whole name of a sender or receiver."
    fields = ("sender", "receiver", "timestamp", "read", "edited", "parent_message", "conversation")

    def has_add_permission(self, request):
        return False  # Nobody writes in somebody else's name.

    def has_change_permission(self, request, obj=None):
        return False  # Nor changes what somebody else wrote.

    def get_queryset(self, request):
        # With the row: before many are deleted, Django asks about each.
        replies = Message.objects.filter(parent_message=OuterRef("pk"))
        return super().get_queryset(request).annotate(has_replies=Exists(replies))

    def has_delete_permission(self, request, obj=None):
        # One that is not from the queryset is itself a reply to what is to be deleted.
        if obj is not None and getattr(obj, "has_replies", True):
            return False  # Its replies would hang in the air.
        return super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs, request):
        deleted, counts, needed, protected = super().get_deleted_objects(objs, request)
        # Nobody may delete history alone; with its message it goes.
        needed.discard(MessageHistory._meta.verbose_name)
        return deleted, counts, needed, protected


@admin.register(MessageHistory)
class MessageHistoryAdmin(TextOnRequest, BigTableAdmin):
    text_field = "old_content"
    list_display = ("id", "message", "edited_at", "edited_by")
    list_select_related = ("message", "edited_by")
    list_filter = ("edited_at",)
    search_fields = ("=message__id",)
    search_help_text = "The id of a message."
    fields = ("message", "edited_at", "edited_by")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False  # What was said cannot be said otherwise afterwards.

    def has_delete_permission(self, request, obj=None):
        return False
