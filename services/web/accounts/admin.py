"""Admin pages for users, failed log-ins and the admin log. Deleting a user there erases the account."""

from collections.abc import Sequence
from typing import Any

from axes.admin import AccessFailureLogAdmin
from axes.models import AccessFailureLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import names
from accounts.concurrent_erasure import not_found
from accounts.forms import AddMemberForm, AdminLogInForm, ChangeMemberForm, SetPasswordForm
from accounts.models import User
from accounts.read_only_admin import ReadOnlyAdmin
from accounts.views import preview

admin.site.login_form = AdminLogInForm
admin.site.unregister(AccessFailureLog)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # cannot be subscripted at run time
    form = ChangeMemberForm
    add_form = AddMemberForm
    change_password_form = SetPasswordForm
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    search_fields = ("name_key__contains", "email")
    ordering = ("username",)
    list_per_page = 50
    show_full_result_count = False
    # A restore compares date_joined with the time of an erasure, so it must not change.
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Contact", {"fields": ("email",)}),
        (
            "Permissions",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Add the rows that receivers delete with SQL during an erasure, since Django does not list them."""
        to_delete, counts, needed, protected = super().get_deleted_objects(objs, request)
        # No user has the permission to delete log entries, but an erasure deletes those made by the user.
        needed.discard(LogEntry._meta.verbose_name)
        if len(objs) == 1:
            for what, count in preview(objs[0]).items():
                to_delete.append(f"{objs[0].username}: {what.replace(' you ', ' they ')}: {count}")
        else:
            # Exact numbers would need several queries for each user.
            to_delete.append(
                "With each: everything they wrote and received. The page of one member counts it."
            )
        return to_delete, counts, needed, protected

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with not_found():
            return super().changeform_view(request, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with not_found():
            return super().user_change_password(request, *args, **kwargs)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        obj.erased_by_id = request.user.pk
        super().delete_model(request, obj)


@admin.register(AccessFailureLog)
class FailedLogInAdmin(AccessFailureLogAdmin):  # type: ignore[misc]  # axes has no types
    """Failed log-ins, stored under the key of the name that was tried."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessFailureLog], search_term: str
    ) -> Any:
        return super().get_search_results(request, queryset, names.key(search_term))


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Read-only log of the changes that staff users made and of the messages that they read."""

    list_display = ("action_time", "user", "content_type", "object_id", "action", "get_change_message")
    list_select_related = ("user", "content_type")
    list_filter = ("action_flag", "content_type")
    search_fields = ("user__name_key__exact", "=object_id")
    search_help_text = "The whole name of a member of staff, or the id of a row."

    @admin.display(description="action")
    def action(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False
