"""The admin of messages: staff can view them without their texts, and delete them.

A list makes the same number of queries at any size. messaging/admin_texts.py shows a text on request.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.read_only_admin import SearchableAdmin
from messaging.admin_texts import TextOnRequest
from messaging.models import Conversation, Message, MessageHistory, Participant


@admin.register(Conversation)
class ConversationAdmin(SearchableAdmin):
    list_display = ("id", "low", "high")
    list_prefetch_related = ("low", "high")
    search_help_text = "The id of a conversation, or the whole names of one or both members."

    def of_members(self, ids: list[int]) -> Q:
        return Q(pk__in=_conversations_of(ids))


@admin.register(Message)
class MessageAdmin(TextOnRequest, SearchableAdmin):
    text_field = "content"
    list_display = ("id", "sender", "receiver", "timestamp", "read", "edited")
    list_prefetch_related = ("sender", "receiver")
    list_filter = ("read", "edited", "timestamp")
    search_help_text = "The id of a message, or the whole names of its sender, its receiver, or both."
    fields = ("sender", "receiver", "timestamp", "read", "edited", "parent_message", "conversation")

    has_delete_permission = admin.ModelAdmin.has_delete_permission

    def of_members(self, ids: list[int]) -> Q:
        return Q(conversation__in=_conversations_of(ids))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        found = super().get_deleted_objects(objs, request)
        # History cannot be deleted alone. It is deleted with its message, without a permission of its own.
        found[2].discard(str(MessageHistory._meta.verbose_name))
        return found


@admin.register(MessageHistory)
class MessageHistoryAdmin(TextOnRequest, SearchableAdmin):
    text_field = "old_content"
    list_display = ("id", "message", "edited_at", "edited_by")
    list_prefetch_related = ("message", "edited_by")
    list_filter = ("edited_at",)
    id_field = "message"
    search_help_text = "The id of a message."
    fields = ("message", "edited_at", "edited_by")


def _conversations_of(ids: list[int]) -> QuerySet[Participant, dict[str, int]]:
    """Return the conversations of these members. No other index finds all messages of a receiver.

    A member is `low` or `high` in a conversation. If one member is `low` in most of them, PostgreSQL would
    expect so many rows for every member, and read all users.
    """
    return Participant.objects.filter(user__in=ids).values("conversation")
