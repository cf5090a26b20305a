"""Messages in the admin: to look at, and to delete. Lists cost the same number of queries at any size."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.utils.functional import cached_property

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
    search_fields = ("=low__username", "=high__username")
    raw_id_fields = ("low", "high")

    def has_add_permission(self, request):
        return False  # The first message opens it.

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False  # Erasing one of its people deletes it.


@admin.register(Message)
class MessageAdmin(BigTableAdmin):
    list_display = ("id", "sender", "receiver", "excerpt", "timestamp", "read", "edited")
    list_select_related = ("sender", "receiver")
    list_filter = ("read", "edited", "timestamp")
    search_fields = ("=sender__username", "=receiver__username", "content")
    search_help_text = "The whole name of a sender or receiver, or a part of the text."
    fields = (
        "sender",
        "receiver",
        "content",
        "timestamp",
        "read",
        "edited",
        "parent_message",
        "conversation",
    )
    readonly_fields = tuple(name for name in fields if name != "content")

    @admin.display(description="content")
    def excerpt(self, message: Message) -> str:
        return message.content[:80]

    def has_add_permission(self, request):
        return False  # Nobody writes in somebody else's name.

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

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields

    def save_model(self, request, obj, form, change):
        """An edit from here goes through the same door, and the history tells who did it."""
        if "content" in form.changed_data:
            obj.edit(obj.content, by=request.user)


@admin.register(MessageHistory)
class MessageHistoryAdmin(BigTableAdmin):
    list_display = ("id", "message", "excerpt", "edited_at", "edited_by")
    list_select_related = ("message", "edited_by")
    list_filter = ("edited_at",)
    search_fields = ("=message__id", "old_content")

    @admin.display(description="old content")
    def excerpt(self, history: MessageHistory) -> str:
        return history.old_content[:80]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False  # What was said cannot be said otherwise afterwards.

    def has_delete_permission(self, request, obj=None):
        return False
