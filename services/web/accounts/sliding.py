"""Middleware that renews sessions in use."""

import time

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from accounts.requests import is_in_advance


class SlidingSessionMiddleware(SessionMiddleware):
    """Like Django's, but renews a session once a day: the cookie in the response, the row after the response.

    Django's SESSION_SAVE_EVERY_REQUEST would write the row in every request, before the response.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        session = getattr(request, "session", None)
        is_saved = settings.SESSION_COOKIE_NAME in response.cookies
        if session is None or is_saved or response.status_code >= 500 or not session.accessed:
            return response
        if is_use(request) and session.take_renewal():
            _set_cookie(response, session)
            response._resource_closers.append(session.renew)  # type: ignore[attr-defined]  # private API
        return response


def is_use(request: HttpRequest) -> bool:
    """Return whether a user caused the request. Polling by an open tab and prefetching do not count."""
    if is_in_advance(request):
        return False
    return request.method == "POST" or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _set_cookie(response: HttpResponse, session: SessionBase) -> None:
    seconds = session.get_expiry_age()
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        session.session_key or "",
        max_age=seconds,
        expires=http_date(time.time() + seconds),
        domain=settings.SESSION_COOKIE_DOMAIN,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.SESSION_COOKIE_HTTPONLY,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
