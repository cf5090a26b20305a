"""The admin site. It marks each request as admitted or not, for the metrics."""

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path

# Raised for an invalid value in a filter, such as the year 99999. Django validates some, PostgreSQL the rest.
LOOKUP_ERRORS = (ValueError, OverflowError, IndexError, FieldDoesNotExist, DataError, ProgrammingError)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
log = logging.getLogger(__name__)


class AdminSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        is_admitted = super().has_permission(request)
        request.is_admitted_to_admin = is_admitted  # type: ignore[attr-defined]  # for the metrics
        return is_admitted

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Like Django's, but an invalid filter or selection of rows redirects to the page without it."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return inner(request, *args, **kwargs)
            except LOOKUP_ERRORS as error:
                if not _has_lookup(request):
                    raise
                # The text of the error can contain the value, which may be a name.
                log.warning("The administration ignored an invalid lookup: %s", type(error).__name__)
                return redirect(f"{request.path}?{ERROR_FLAG}=1")

        return cast(View, checked)

    def password_change(  # type: ignore[override]  # Django's method returns a page.
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect staff to the password page of accounts, which counts wrong attempts."""
        return redirect("accounts:change_password")

    def logout(  # type: ignore[override]  # Django's method returns a page of its own.
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Log out by the view of accounts. Its page deletes the drafts, which Django's page does not."""
        from accounts.views import log_out  # The models are not loaded when this module is.

        return log_out(request)

    def get_urls(self) -> list[Any]:
        """Accept a log-out without a session too. Django's check would redirect it to the log-in page."""
        return [path("logout/", self.logout, name="logout"), *super().get_urls()]


def _has_lookup(request: HttpRequest) -> bool:
    """Return whether the request filters rows by its query, or selects rows for an action."""
    if request.method in {"GET", "HEAD"}:
        return bool(request.GET.keys() - {ERROR_FLAG})
    return ACTION_CHECKBOX_NAME in request.POST


class BobbinAdminConfig(AdminConfig):
    default = False
    default_site = "config.admin.AdminSite"
