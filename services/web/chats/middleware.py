"""Middleware for the limits of a user, and for error pages of responses and exceptions that have none."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.deprecation import MiddlewareMixin

from caching.memory import NoMemoryError
from chats.limits import UNLIMITED, kind_of, seconds_to_next
from chats.views import errors


class MemberLimitsMiddleware(MiddlewareMixin):
    """Middleware that returns 429 to a user who exceeds a limit.

    It must come after the middleware that sets `request.user`.
    """

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in UNLIMITED or match.app_name == "admin":
            return None
        kind = kind_of(request.method or "", match.view_name)
        if not settings.MEMBER_LIMITS[kind] or not request.user.is_authenticated:
            return None
        wait = seconds_to_next(kind, request.user.pk)
        return errors.too_many(request, wait) if wait else None


class ErrorPagesMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Replace Django's empty 405 response, which browsers show as a blank page."""
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = errors.not_allowed(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return errors.busy(request) if isinstance(exception, NoMemoryError) else None
