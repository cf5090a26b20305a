"""The admin of messages: staff can view them without their texts, and delete them.

A list makes the same number of queries at any size. messaging/admin_texts.py shows a text on request.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.read_only_admin import ReadOnlyAdmin
from messaging.admin_texts import TextOnRequest
from messaging.models import Conversation, Message, MessageHistory


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("id", "low", "high")
    list_select_related = ("low", "high")
    search_fields = ("low__name_key__exact", "high__name_key__exact")


@admin.register(Message)
class MessageAdmin(TextOnRequest, ReadOnlyAdmin):
    text_field = "content"
    list_display = ("id", "sender", "receiver", "timestamp", "read", "edited")
    list_select_related = ("sender", "receiver")
    list_filter = ("read", "edited", "timestamp")
    search_fields = ("=id", "sender__name_key__exact", "receiver__name_key__exact")
    search_help_text = "The id of a message, or the whole name of a sender or receiver."
    fields = ("sender", "receiver", "timestamp", "read", "edited", "parent_message", "conversation")

    has_delete_permission = admin.ModelAdmin.has_delete_permission

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        found = super().get_deleted_objects(objs, request)
        # History cannot be deleted alone. It is deleted with its message, without a permission of its own.
        found[2].discard(str(MessageHistory._meta.verbose_name))
        return found


@admin.register(MessageHistory)
class MessageHistoryAdmin(TextOnRequest, ReadOnlyAdmin):
    text_field = "old_content"
    list_display = ("id", "message", "edited_at", "edited_by")
    list_select_related = ("message", "edited_by")
    list_filter = ("edited_at",)
    search_fields = ("=message__id",)
    search_help_text = "The id of a message."
    fields = ("message", "edited_at", "edited_by")
