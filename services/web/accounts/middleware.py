"""Middleware for the pages that check a password."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.devices import set_cookie
from accounts.hashers import TooManyHashes

RETRY_SECONDS = "5"


class PasswordMiddleware:
    """Sets the device cookie, and returns 503 when too many passwords are being checked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        set_cookie(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyHashes):
            return None
        response = render(request, "accounts/busy.html", status=503)
        response.headers["Retry-After"] = RETRY_SECONDS
        return response
