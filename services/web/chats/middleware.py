"""Middleware that adds error pages to responses and exceptions that have none."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.deprecation import MiddlewareMixin

from caching.memory import NoMemoryError
from chats.views import errors


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
