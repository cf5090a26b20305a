"""The administration of Bobbin: Django's, which says for the metrics whether a request was admitted."""

import functools
import logging

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

# Raised by lookups with an invalid value, such as the year 99999: Django validates some, PostgreSQL the rest.
LOOKUP_ERRORS = (ValueError, OverflowError, IndexError, DataError, ProgrammingError)

log = logging.getLogger(__name__)


class AdminSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        request.is_admitted_to_admin = super().has_permission(request)  # type: ignore[attr-defined]
        return request.is_admitted_to_admin  # type: ignore[attr-defined]

    def admin_view(self, view, cacheable=False):
        """Like Django's, but a URL with an invalid filter redirects to the page without filters."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(view)
        def checked(request: HttpRequest, *args, **kwargs):
            filters = request.method in {"GET", "HEAD"} and request.GET.keys() - {ERROR_FLAG}
            try:
                return inner(request, *args, **kwargs)
            except LOOKUP_ERRORS as error:
                if not filters:
                    raise
                # The text of the error can contain the value, which may be a name.
                log.warning("The administration ignored an invalid filter: %s", type(error).__name__)
                return redirect(f"{request.path}?{ERROR_FLAG}=1")

        return checked

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
