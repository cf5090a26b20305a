"""Whole pages in the cache, each served only to the user it belongs to.

- The key contains the id and the generation of the user. No other user reaches the page, and a change of its
  data makes it unreachable (`page_key`, caching/generations.py). Exception: releases that serve side by side
  have separate generations, so a change by one leaves pages of the other stale until they expire.
- A page with a flash message, a cookie or the CSRF token of a session is not stored (`_is_whole`).
- `Cache-Control: private, no-cache` and `Vary: Cookie` keep it out of proxies (`_finish`). A middleware adds
  the first header to the other responses of views (caching/middleware.py).
- The privacy probe (probe/) checks all this over HTTP, on the running site.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag

from caching.backend import cache
from caching.generations import generation_of
from caching.read_counts import BYPASS, count

VERSION = 3  # Raise it when the shape of a stored page changes.
STORED_HEADERS = ("Content-Type", "Content-Language", "Vary")
# Placeholder for the CSRF token in cached HTML; replaced in every response. The texts of users cannot contain
# it, because they are escaped.
TOKEN = "<%token%>"  # noqa: S105

View = Callable[..., HttpResponse]


def private_cache_page(seconds: int) -> Callable[[View], View]:
    """Like Django's `cache_page(seconds)`, for a page that belongs to the user of the request.

    Apply it inside `member_view`. Django's own `cache_page` would show the page of one user to another:
    the key of `cache_page` contains the URL and the headers that `Vary` names when the view returns, and
    `Vary` does not name Cookie yet. Without a log-in, anonymous visitors would share one page.

    The decorator stores complete responses only: status 200, no flash message, no cookie. A stored page
    contains nothing of one session: its forms use the macro `form_token`, whose placeholder is replaced in
    every response.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def cached(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            # A flash message is shown once, to this browser.
            is_plain = request.method in {"GET", "HEAD"} and not len(get_messages(request))
            if not (settings.CACHE_PAGES and is_plain):
                count("page", BYPASS)
                return _finish(request, view(request, *args, **kwargs))
            # Read the generation before the database: see caching/generations.py.
            generation = generation_of(request.user.pk)
            request.generation = generation  # The badges on the page use it.
            key = page_key(request.user.pk, generation, _varies(request)) if generation else None
            if key is None:
                count("page", BYPASS)
            elif stored := cache.get(key):
                headers, body = stored
                return _finish(request, HttpResponse(body, headers=headers | {"X-Cache": "hit"}), whole=True)
            response = view(request, *args, **kwargs)
            whole = _is_whole(request, response)
            if key and whole:
                store_page(key, response, seconds)
            return _finish(request, response, whole)

        cached.is_private_cached_page = True  # type: ignore[attr-defined]  # The privacy probe reads it.
        return cached

    return decorate


def _varies(request: HttpRequest) -> list[str]:
    """Return everything else that a page depends on. The user may be renamed, or become staff."""
    user = request.user
    return [
        request.scheme or "",
        request.get_host(),
        request.get_full_path(),
        translation.get_language() or "",
        user.get_username(),
        str(getattr(user, "is_staff", False)),
    ]


def _is_whole(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")  # The page contains a token of this session.
        and not getattr(get_messages(request), "used", False)
    )


def store_page(key: str, response: HttpResponse, seconds: int) -> None:
    headers = {name: response[name] for name in STORED_HEADERS if name in response}
    cache.set(key, [headers, response.content], seconds)


def _finish(request: HttpRequest, response: HttpResponse, whole: bool = False) -> HttpResponse:
    """Replace the token placeholders and set the headers; return 304 if the browser has this page already.

    Only a complete response (`whole`) gets an ETag.
    """
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    if response.streaming:
        return response
    tag = hashlib.sha256(response.content)
    if TOKEN.encode() in response.content:
        response.content = response.content.replace(TOKEN.encode(), get_token(request).encode())
        # The ETag depends on the token: Django would reject the forms of a page with an earlier token.
        tag.update(request.META["CSRF_COOKIE"].encode())
    if not whole:
        return response
    etag = quote_etag(tag.hexdigest()[:32])
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def page_key(user_id: int, generation: str, varies: Iterable[str]) -> str:
    """Return the key of a page. `varies` is everything else that the page depends on."""
    digest = hashlib.sha256("\n".join(varies).encode(errors="backslashreplace")).hexdigest()
    return f"page:{VERSION}:{user_id}:{generation}:{digest}"
