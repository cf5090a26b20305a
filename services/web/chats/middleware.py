"""Middleware that adds an error page to 405 responses without a body."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.deprecation import MiddlewareMixin

from chats.views import errors


class NotAllowedMiddleware(MiddlewareMixin):
    """Middleware that replaces Django's empty 405 response, which browsers show as a blank page."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = errors.not_allowed(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page
