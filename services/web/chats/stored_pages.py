"""Answers requests for cached pages before the rest of Django, without a query.

The page comes from the cache (caching/private_pages.py) with the session and the generation in one round trip
to Redis. Whatever is not certain passes on to Django: another session than this process has seen, a session
that must be renewed, a flash message, a page that is not stored, a member who exceeds a limit, staff.

Access ends at once although nothing is read from PostgreSQL. A log-out and the deactivation of an account
replace the copy of the session in Redis. A deactivation, a new password, a new name and an erasure also make
another generation current, which no stored page has (live/receivers.py).
"""

import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CSRF_SECRET_LENGTH, get_token
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import get_conditional_response

from accounts.sessions import SessionStore
from accounts.sliding import is_use
from caching import page_store, private_pages
from caching.generations import read_with_generation
from caching.page_store import StoredPage
from caching.private_pages import ReadAhead
from caching.rate_limits import seconds_to_wait
from chats.cache import badges_key
from observability.budgets import Tally, current_view
from observability.measuring import DjangoPrometheusMiddleware

TOKEN = page_store.TOKEN.encode()
MOST_SESSIONS = 20_000  # Known to one process.
SECRET = re.compile(rf"[a-zA-Z0-9]{{{CSRF_SECRET_LENGTH}}}", re.ASCII)
# Headers of a full response that a stored page does not have. They are the same for all pages and members.
FRAME = (
    "Cache-Control",
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "Vary",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


class StoredPagesMiddleware:
    """The middleware. Those for metrics and logs precede it, and all others follow."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.metrics = DjangoPrometheusMiddleware(get_response)
        self.users: dict[str, int] = {}  # The user of each session that Django has admitted.
        self.frames: dict[tuple[str, str | None], dict[str, str]] = {}  # By view and scheme.

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match = _match(request) if request.method == "GET" else None
        if match is None:
            return self.get_response(request)
        began = time.perf_counter()
        token = current_view.set(match.view_name)
        try:
            response = self.stored(request, match)
        finally:
            current_view.reset(token)
        if response is None:
            response = self.get_response(request)
            self.learn(request, match, response)
            return response
        request.resolver_match = match
        request.tally = Tally()  # type: ignore[attr-defined]  # No query was made.
        self.metrics.count(request, response, time.perf_counter() - began)
        return response

    def learn(self, request: Any, match: ResolverMatch, response: HttpResponse) -> None:
        """Remember the user of the session, and the headers of this view. Staff have an additional header."""
        if response.status_code not in {200, 304} or not request.user.is_authenticated:
            return
        if request.user.is_staff:
            return
        if len(self.users) >= MOST_SESSIONS:
            self.users.clear()
        if request.session.session_key:
            self.users[request.session.session_key] = request.user.pk
        self.frames[match.view_name, request.scheme] = {
            name: response.headers[name] for name in FRAME if name in response.headers
        }

    def stored(self, request: HttpRequest, match: ResolverMatch) -> HttpResponse | None:
        """Return the response from the cache, or None if Django must make it."""
        key, secret = (request.COOKIES.get(name, "") for name in _cookies())
        user_id = self.users.get(key)
        frame = self.frames.get((match.view_name, request.scheme))
        if user_id is None or frame is None:
            return None
        # Only a request without these has a flash message or a body that Django has to look at.
        if "messages" in request.COOKIES or request.META.get("CONTENT_TYPE"):
            return None
        page = self.page_of(request, key, user_id)
        if page is None or (TOKEN in page.body and not SECRET.fullmatch(secret)):
            return None
        if seconds_to_wait(f"reads:{user_id}", settings.MEMBER_LIMITS["reads"], shared=False):
            return None
        request.reader_id = user_id  # type: ignore[attr-defined]  # For the log.
        return _response(request, page, frame, secret)

    def page_of(self, request: HttpRequest, key: str, user_id: int) -> StoredPage | None:
        try:
            varies = private_pages.varies(request)
        except DisallowedHost:
            return None
        session, page_key = SessionStore(key), page_store.page_key(user_id, varies)
        keys = [session.cache_key, page_key, badges_key(user_id)]
        generation, found = read_with_generation(user_id, keys)
        page = page_store.stored_page(found.get(page_key), generation)
        request.read_ahead = ReadAhead(page_key, generation, page)  # type: ignore[attr-defined]
        request.stored_badges = found.get(badges_key(user_id), [])  # type: ignore[attr-defined]
        if not session.load_from(found.get(session.cache_key)):
            return None
        request.session = session  # SlidingSessionMiddleware keeps it.
        if page is None:
            return None
        is_renewed = session.is_due() and is_use(request)
        return page if _is_owner(session, user_id, page) and not is_renewed else None


def _match(request: HttpRequest) -> ResolverMatch | None:
    """Return the view of the request, if its pages are cached."""
    if not request.path_info.startswith("/chats/"):
        return None
    try:
        match = resolve(request.path_info)
        may_use = getattr(match.func, "may_use_cache", None)
        return match if may_use and may_use(request) else None
    except (Resolver404, SuspiciousOperation):  # Django answers with an error page.
        return None


def _cookies() -> tuple[str, str]:
    return settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME


def _is_owner(session: SessionStore, user_id: int, page: StoredPage) -> bool:
    """Return whether the session is one of this user, and as valid as the one for which the page was made.

    False for staff.
    """
    _, is_staff, _, proof = page.owner
    is_same = session.get(SESSION_KEY) == str(user_id) and session.get(HASH_SESSION_KEY) == proof
    return is_same and is_staff == str(False)  # Staff have an additional header.


def _response(request: HttpRequest, page: StoredPage, frame: dict[str, str], secret: str) -> HttpResponse:
    body = page.body
    if TOKEN in body:
        request.META["CSRF_COOKIE"] = secret
        body = page_store.fill(body, get_token(request))
    else:
        secret = ""
    headers = page.headers | frame | private_pages.HIT | {"Content-Length": str(len(body))}
    response = HttpResponse(body, headers=headers)
    if not page.digest:
        return response
    response["ETag"] = etag = page_store.etag_of(page.digest, secret)
    response = get_conditional_response(request, etag=etag, response=response) or response
    for name, value in frame.items():  # A 304 has lost them.
        response.headers.setdefault(name, value)
    return response
