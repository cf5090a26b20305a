"""The administration of Bobbin: Django's, which says for the metrics whether a request was admitted."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class AdminSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        request.is_admitted_to_admin = super().has_permission(request)  # type: ignore[attr-defined]
        return request.is_admitted_to_admin  # type: ignore[attr-defined]

    def password_change(  # type: ignore[override]  # Django's answers with a page.
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """Send staff to the members' page: guesses at the old password are counted there."""
        return redirect("accounts:change_password")

    def logout(  # type: ignore[override]  # Not always a page: somebody may have logged out elsewhere.
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """Like Django's. The browser forgets private pages, as after the members' log-out."""
        response = super().logout(request, extra_context)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


class BobbinAdminConfig(AdminConfig):
    default = False
    default_site = "config.admin.AdminSite"
