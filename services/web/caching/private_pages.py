"""Whole pages in the cache, each served only to the user it belongs to.

- The key contains the id of the user, so no other user reaches the page (`page_key`). The page contains the
  generation that was current before it was made, and a change of its data makes another one current
  (caching/generations.py). Exception: releases that serve side by side have separate generations, so a
  change by one leaves pages of the other stale until they expire.
- A page with a flash message, a cookie or the CSRF token of a session is not stored (`_is_whole`).
- `Cache-Control: private, no-cache` and `Vary: Cookie` keep it out of proxies (`_finish`).
  `PrivatePagesMiddleware` adds the first header to the other responses of views.
- The privacy probe (probe/) checks all this over HTTP, on the running site.
"""

import functools
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import get_language, get_language_from_request

from caching.generations import read_with_generation
from caching.page_store import TOKEN, StoredPage, etag_of, fill, page_key, store_page, stored_page
from caching.rate_limits import seconds_to_wait
from caching.read_counts import BYPASS, count

STORED_HEADERS = ("Content-Type", "Content-Language", "Vary")
HIT = {"X-Cache": "hit"}
# Redis has 192 MB for all users, and a user can request one page with any number of query strings.
MOST_BYTES = 256 * 1024  # Of a stored page.
MOST_PAGES = 200  # That one process stores for one user in a minute.

View = Callable[..., HttpResponse]


class ReadAhead(NamedTuple):
    """The key, the generation and the page, which a middleware reads before the user of the request."""

    key: str
    generation: str | None
    page: StoredPage | None


def private_cache_page(
    seconds: int, *, only_if: Callable[[HttpRequest], bool] = lambda request: True, has_etag: bool = True
) -> Callable[[View], View]:
    """Like Django's `cache_page(seconds)`, for a page that belongs to the user of the request.

    Apply it inside `member_view`. Django's own `cache_page` would show the page of one user to another:
    the key of `cache_page` contains the URL and the headers that `Vary` names when the view returns, and
    `Vary` does not name Cookie yet. Without a log-in, anonymous visitors would share one page.

    The decorator stores complete responses only: status 200, no flash message, no cookie. A stored page
    contains nothing of one session: its forms use the macro `form_token`, whose placeholder is replaced in
    every response.

    A request for which `only_if` returns False bypasses the cache. A view may also set `request.never_store`.
    Without `has_etag`, the view itself compares versions, so a request with If-None-Match bypasses the cache.
    """

    def may_use(request: HttpRequest) -> bool:
        is_read = request.method in {"GET", "HEAD"} and (has_etag or "If-None-Match" not in request.headers)
        return settings.CACHE_PAGES and is_read and only_if(request)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def cached(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            # A flash message is shown once, to this browser.
            if not may_use(request) or len(get_messages(request)):
                count("page", BYPASS)
                return _finish(request, view(request, *args, **kwargs))
            key, owner = page_key(request.user.pk, varies(request)), owner_of(request.user)
            generation, page = _read(request, key)
            request.generation = generation  # The badges on the page use it.
            if page and page.owner == owner:
                return _finish(request, HttpResponse(page.body, headers=page.headers | HIT), page.digest)
            response = view(request, *args, **kwargs)
            # As Django's LocaleMiddleware does, but stored.
            response.headers["Content-Language"] = get_language()
            if not _is_whole(request, response):
                return _finish(request, response)
            digest = hashlib.sha256(response.content).hexdigest() if has_etag else ""
            if generation and _has_room(request.user.pk, response.content):
                headers = {name: response[name] for name in STORED_HEADERS if name in response}
                store_page(key, StoredPage(generation, owner, headers, digest, response.content), seconds)
            return _finish(request, response, digest)

        # Whether a request may get a stored page. chats/stored_pages.py and the privacy probe read it.
        cached.may_use_cache = may_use  # type: ignore[attr-defined]
        return cached

    return decorate


def read_ahead(request: Any, user_id: int) -> None:
    """Read the generation and the page of a user, unless that has been done for this request.

    The user must not be loaded yet. Otherwise a page of the user from before a change would be stored with
    the generation from after it, and the next request would show a former name, or accept a former password.
    """
    key = page_key(user_id, varies(request))
    known: ReadAhead | None = getattr(request, "read_ahead", None)
    if known is None or known.key != key:
        generation, found = read_with_generation(user_id, [key])
        request.read_ahead = ReadAhead(key, generation, stored_page(found.get(key), generation))


def _read(request: Any, key: str) -> tuple[str | None, StoredPage | None]:
    """Return the generation of the user and the stored page, as they were before the user was loaded."""
    ahead: ReadAhead | None = getattr(request, "read_ahead", None)
    if ahead is None or ahead.key != key or ahead.generation is None:
        count("page", BYPASS)
        return None, None
    return ahead.generation, ahead.page


def _has_room(user_id: int | None, body: bytes) -> bool:
    return len(body) <= MOST_BYTES and not seconds_to_wait(f"stored:{user_id}", MOST_PAGES, shared=False)


def varies(request: HttpRequest) -> list[str]:
    """Return what a page depends on, beside its user."""
    return [
        request.scheme or "",
        request.get_host(),
        request.get_full_path(),
        language_of(request),  # chats/stored_pages.py comes before it is the current one.
        settings.SITE_TIME_ZONE,
    ]


def language_of(request: HttpRequest) -> str:
    """Return the language of the page: that of the cookie, or else one of the browser, or else the site's.

    Django would accept "EN" in the cookie as another language, for which it shows the texts of the site's.
    """
    name = settings.LANGUAGE_COOKIE_NAME
    if request.COOKIES.get(name, "") not in dict(settings.LANGUAGES):
        request.COOKIES.pop(name, None)
    return get_language_from_request(request)


def owner_of(user: Any) -> list[str]:
    """Return what a page depends on of its user, who may be renamed, become staff or have a new password."""
    proof = user.get_session_auth_hash() if user.is_authenticated else ""
    is_staff, time_zone = getattr(user, "is_staff", False), getattr(user, "time_zone", "")
    return [user.get_username(), str(is_staff), time_zone, proof]


def _is_whole(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not getattr(request, "never_store", False)
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")  # The page contains a token of this session.
        and not getattr(get_messages(request), "used", False)
    )


def _finish(request: HttpRequest, response: HttpResponse, digest: str = "") -> HttpResponse:
    """Replace the token placeholders and set the headers; return 304 if the browser has this page already.

    Only a complete response, which has a digest, gets an ETag.
    """
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    if response.streaming:
        return response
    secret = ""
    if TOKEN.encode() in response.content:
        response.content = fill(response.content, get_token(request))
        secret = request.META["CSRF_COOKIE"]
    if not digest:
        return response
    etag = etag_of(digest, secret)
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


class PrivatePagesMiddleware(MiddlewareMixin):
    """Forbids proxies to store a response, and makes browsers revalidate it, because pages are private.

    It reads the generation before the database (caching/generations.py), also before the user. It must come
    after the middleware that sets `request.session`, and before the first that evaluates `request.user`.
    """

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        may_use, user_id = getattr(view, "may_use_cache", None), request.session.get(SESSION_KEY)
        if may_use and user_id and may_use(request):
            read_ahead(request, int(user_id))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
