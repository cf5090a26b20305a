"""Middleware for the pages that check a password."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from accounts import password_checks
from accounts.devices import set_cookie
from accounts.hashers import TooManyHashes

RETRY_SECONDS = "5"


class PasswordMiddleware(MiddlewareMixin):
    """Sets the device cookie, ends password checks, and returns 503 when too many of them run."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        password_checks.end(request)
        set_cookie(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyHashes):
            return None
        response = render(request, "accounts/busy.html", status=503)
        response.headers["Retry-After"] = RETRY_SECONDS
        return response
