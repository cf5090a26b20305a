"""Admin pages for users, groups, failed log-ins and the admin log. Deleting a user erases the account."""

from collections.abc import Sequence
from typing import Any

from axes.admin import AccessFailureLogAdmin
from axes.models import AccessFailureLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator

from accounts import names
from accounts.concurrent_erasure import not_found
from accounts.erasure_phases import preview
from accounts.forms import AddMemberForm, AdminLogInForm, ChangeMemberForm
from accounts.models import User
from accounts.password_forms import SetPasswordForm
from accounts.read_only_admin import ReadOnlyAdmin
from accounts.recovery import recovery_link

admin.site.login_form = AdminLogInForm
admin.site.unregister((AccessFailureLog, Group))

# Django lets all staff with the permission to change users edit these fields, and so become superusers.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def may_write(request: HttpRequest, user: User | None) -> bool:
    """Return whether the user of the request may change or delete `user`: only superusers, if it is staff.

    A new password would otherwise give the rights of that user.
    """
    is_of_staff = user is not None and (user.is_staff or user.is_superuser)
    return request.user.is_superuser or not is_of_staff


@admin.register(User)
@method_decorator(not_found(), name="changeform_view")
@method_decorator(not_found(), name="user_change_password")
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # cannot be subscripted at run time
    form = ChangeMemberForm
    add_form = AddMemberForm
    change_password_form = SetPasswordForm
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    search_fields = ("name_key__contains", "email")
    list_per_page = 50
    show_full_result_count = False
    # A restore compares date_joined with the time of an erasure, so it must not change.
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Contact", {"fields": ("email",)}),
        (
            "Permissions",
            {"fields": ("is_active", *RIGHTS)},
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_write(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return may_write(request, obj) and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.recovery_link)
        own = path("<int:pk>/recovery-link/", view, name="accounts_user_recovery_link")
        return [own, *super().get_urls()]

    def recovery_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a recovery link after a POST, and record it in the admin's log."""
        user = User.objects.active().filter(pk=pk).first()
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"Recovery link for {user.username}",
            "opts": self.opts,
            "original": user,
        }
        if request.method == "POST":
            self.log_change(request, user, "Made a recovery link.")
            context["link"] = request.build_absolute_uri(recovery_link(user))
        return TemplateResponse(request, "admin/accounts/user/recovery_link.html", context)

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


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Groups, which only superusers change, because they grant rights."""

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_delete_permission = has_change_permission


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

    list_display = ("action_time", "user", "content_type", "object_id", "action_flag", "get_change_message")
    list_prefetch_related = ("user", "content_type")
    list_filter = ("action_flag", "content_type")
    search_fields = ("user__name_key__exact", "=object_id")
    search_help_text = "The whole name of a member of staff, or the id of a row."
