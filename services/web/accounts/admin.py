"""Members in the admin. Deleting one erases everything of theirs, as the page before it says."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from accounts.models import User
from accounts.views import preview


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    search_fields = ("username", "email")
    ordering = ("username",)
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Contact", {"fields": ("email",)}),
        (
            "Permissions",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def get_deleted_objects(self, objs, request):
        """Add what erasure will delete, which Django cannot see: receivers do it, with set-based SQL."""
        to_delete, counts, needed, protected = super().get_deleted_objects(objs, request)
        if len(objs) == 1:
            for what, count in preview(objs[0]).items():
                to_delete.append(f"{objs[0].username}: {what.replace(' you ', ' they ')}: {count}")
        else:
            # Counting for each would make queries for each.
            to_delete.append(
                "With each: everything they wrote and received. The page of one member counts it."
            )
        return to_delete, counts, needed, protected
