"""Notifications in the admin site, read-only."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from accounts.read_only_admin import SearchableAdmin
from notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(SearchableAdmin):
    list_display = ("id", "user", "message", "read", "created_at")
    list_prefetch_related = ("user", "message")
    list_filter = ("read", "created_at")
    fields = ("user", "message", "read", "created_at")
    id_field = "message"
    search_help_text = "The whole name of a member, or the id of a message."

    def of_members(self, ids: list[int]) -> Q:
        return Q(user__in=ids)

    # The deletion of a message deletes its notification too.
    has_delete_permission = admin.ModelAdmin.has_delete_permission

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # `content` contains the name of the sender.
        return not lookup.startswith("content") and super().lookup_allowed(lookup, value, request)
