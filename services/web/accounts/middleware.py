"""Middleware for the pages that check a password."""

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from accounts import password_checks
from accounts.devices import set_cookie


class PasswordMiddleware(MiddlewareMixin):
    """Ends the password checks of a request, and sets the device cookie."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        password_checks.end(request)
        set_cookie(request, response)
        return response
