"""Middleware that renews sessions in use."""

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.cookies import set_private_cookie
from accounts.requests import is_in_advance


class SlidingSessionMiddleware(SessionMiddleware):
    """Like Django's, but renews a session once a day: the cookie in the response, the row after the response.

    Django's SESSION_SAVE_EVERY_REQUEST would write the row in every request, before the response.
    """

    def process_request(self, request: HttpRequest) -> None:
        # StoredPagesMiddleware may have loaded the session of this request.
        if not hasattr(request, "session"):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        session = getattr(request, "session", None)
        is_saved = settings.SESSION_COOKIE_NAME in response.cookies
        if session is None or is_saved or response.status_code >= 500 or not session.accessed:
            return response
        if is_use(request) and session.take_renewal():
            name, key = settings.SESSION_COOKIE_NAME, session.session_key
            set_private_cookie(response, name, key, session.get_expiry_age())
            response._resource_closers.append(session.renew)  # type: ignore[attr-defined]  # private API
        return response


def is_use(request: HttpRequest) -> bool:
    """Return whether a user caused the request. Polling by an open tab and prefetching do not count."""
    if is_in_advance(request):
        return False
    return request.method == "POST" or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
