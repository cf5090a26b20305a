"""Notifications in the admin site, read-only."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.read_only_admin import ReadOnlyAdmin
from notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "message", "read", "created_at")
    list_select_related = ("user", "message")
    list_filter = ("read", "created_at")
    fields = ("user", "message", "read", "created_at")
    search_fields = ("user__name_key__exact", "=message__id")
    search_help_text = "The whole name of a member, or the id of a message."

    # The deletion of a message deletes its notification too.
    has_delete_permission = admin.ModelAdmin.has_delete_permission

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # `content` contains the name of the sender.
        return not lookup.startswith("content") and super().lookup_allowed(lookup, value, request)
