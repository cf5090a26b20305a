"""Whole pages from the cache, each only for the member it belongs to."""

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag

from chats import cache
from observability.cache import BYPASS, count

STORED_HEADERS = ("Content-Type", "Content-Language", "Vary")
# Stands where a form has its token, and is filled in for each answer. What people wrote cannot hold it: it is
# escaped.
TOKEN = "<token>"  # noqa: S105


def private_cache_page(seconds: int):
    """What `cache_page(seconds)` means, for a page that belongs to the member who asks for it.

    Goes inside `login_required`. Django's own `cache_page` shows one member's page to another here: it keys
    by address and by the headers that `Vary` names when the view returns, and the cookie is not yet among
    them. A visitor who is not logged in gets what is the same for all of them.

    Only a whole, plain answer is stored: nothing with a flash message, a cookie or an error. It holds nothing
    of one session: a form on it has `{% form_token %}`, which is filled in for each browser.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def cached(request: Any, *args, **kwargs) -> HttpResponse:
            # A flash message is for this browser and this moment only.
            is_plain = request.method in {"GET", "HEAD"} and not len(get_messages(request))
            if not (settings.CACHE_PAGES and is_plain):
                count("page", BYPASS)
                return _finish(request, view(request, *args, **kwargs))
            # Before the database is read: see chats/cache.py.
            epoch = cache.epoch_of(request.user.pk)
            request.epoch = epoch  # For what the page shows of the cache.
            key = cache.page_key(request.user.pk, epoch, _varies(request)) if epoch else None
            if key is None:
                count("page", BYPASS)
            elif stored := cache.load_page(key):
                headers, body = stored
                return _finish(request, HttpResponse(body, headers=headers | {"X-Cache": "hit"}), whole=True)
            response = view(request, *args, **kwargs)
            whole = _is_whole(request, response)
            if key and whole:
                _store(key, response, seconds)
            return _finish(request, response, whole)

        cached.is_private_cached_page = True  # type: ignore[attr-defined]  # For the canary.
        return cached

    return decorate


def _varies(request: HttpRequest) -> list[str]:
    """What else decides how a page looks: the member may be renamed or become staff."""
    user = request.user
    return [
        request.scheme or "",
        request.get_host(),
        request.get_full_path(),
        request.headers.get("HX-Request", ""),
        translation.get_language() or "",
        user.get_username(),
        str(getattr(user, "is_staff", False)),
    ]


def _is_whole(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")  # A token of this session is on the page.
        and not getattr(get_messages(request), "used", False)
    )


def _store(key: str, response: HttpResponse, seconds: int) -> None:
    headers = {name: response[name] for name in STORED_HEADERS if name in response}
    cache.store_page(key, headers, response.content, seconds)


def _finish(request: HttpRequest, response: HttpResponse, whole: bool = False) -> HttpResponse:
    """Fill in the tokens of forms, and answer 304 to whoever has this page already."""
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    if response.streaming:
        return response
    tag = hashlib.sha256(response.content)
    if TOKEN.encode() in response.content:
        response.content = response.content.replace(TOKEN.encode(), get_token(request).encode())
        # A page with the token of an earlier log-in is not the same page: its forms are refused.
        tag.update(request.META["CSRF_COOKIE"].encode())
    if not whole:
        return response
    etag = quote_etag(tag.hexdigest()[:32])
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response
