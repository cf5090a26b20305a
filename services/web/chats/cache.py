"""Everything that Bobbin keeps in the cache: keys, versions, timeouts. Nobody else imports Django's cache.

A private page is keyed by its member and by that member's *epoch*, a random value which is read before the
database is read, and replaced once a change is committed. A reader who is slower than a writer therefore
stores its page under an epoch that nobody asks for any more. Deleting the page instead would leave a stale
one: the slow reader stores it after the deletion.
"""

import functools
import hashlib
import secrets
from collections.abc import Callable, Iterable

from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpResponse
from django.utils.cache import patch_cache_control

from accounts.requests import MemberRequest

PAGE_VERSION = 1  # Raise it when the shape of the stored page changes.
EPOCH_SECONDS = 60 * 60 * 24
EVERYBODY = "all"  # The epoch that stands in every member's key: one write makes all pages new.
STORED_HEADERS = ("Content-Type", "Content-Language", "Vary")


def epoch_of(user_id: int) -> str | None:
    """The member's epoch now, or None while the cache cannot be reached.

    A lost epoch is replaced by a new random one, so no page of before can come back with it.
    """
    keys = [_epoch_key(EVERYBODY), _epoch_key(user_id)]
    found = cache.get_many(keys)
    for key in keys:
        if key not in found:
            cache.add(key, _new_epoch(), EPOCH_SECONDS)
            # Somebody else may have been faster: theirs counts.
            found[key] = cache.get(key)
    return None if None in found.values() else "-".join(found[key] for key in keys)


def forget_pages_of(user_ids: Iterable[int]) -> None:
    """Make every cached page of these members unreachable; call it once the change is committed."""
    cache.set_many({_epoch_key(user_id): _new_epoch() for user_id in set(user_ids)}, EPOCH_SECONDS)


def forget_all_pages() -> None:
    """Make every cached page unreachable: for changes that touch more members than one wants to list."""
    cache.set(_epoch_key(EVERYBODY), _new_epoch(), EPOCH_SECONDS)


def private_cache_page(seconds: int):
    """What `cache_page(seconds)` means, for a page that belongs to the member who asks for it.

    Goes inside `login_required`. Django's own `cache_page` shows one member's page to another here: it keys
    by address and by the headers that `Vary` names when the view returns, and the cookie is not yet among
    them. Only a whole, plain answer is stored: nothing with a flash message, a form's token or a cookie.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def cached(request: MemberRequest, *args, **kwargs) -> HttpResponse:
            # A flash message is for this browser and this moment only.
            plain = request.method in {"GET", "HEAD"} and not len(get_messages(request))
            # Before the database is read: see the top of this module.
            epoch = epoch_of(request.user.pk) if plain else None
            key = _page_key(request, epoch) if epoch else None
            response = _load(key) if key else None
            if response is None:
                response = view(request, *args, **kwargs)
                if key and _may_be_stored(request, response):
                    _store(key, response, seconds)
            patch_cache_control(response, private=True, no_cache=True)
            return response

        return cached

    return decorate


def _epoch_key(user_id: int | str) -> str:
    return f"epoch:{user_id}"


def _new_epoch() -> str:
    return secrets.token_hex(8)


def _page_key(request: MemberRequest, epoch: str) -> str:
    varies = [request.get_full_path(), request.headers.get("HX-Request", "")]
    digest = hashlib.sha256("\n".join(varies).encode()).hexdigest()
    return f"page:{PAGE_VERSION}:{request.user.pk}:{epoch}:{digest}"


def _may_be_stored(request: MemberRequest, response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")  # A token of this session is on the page.
        and not getattr(get_messages(request), "used", False)
    )


def _store(key: str, response: HttpResponse, seconds: int) -> None:
    headers = {name: response[name] for name in STORED_HEADERS if name in response}
    cache.set(key, [headers, response.content], seconds)


def _load(key: str) -> HttpResponse | None:
    stored = cache.get(key)
    if stored is None:
        return None
    headers, body = stored
    return HttpResponse(body, headers=headers | {"X-Cache": "hit"})
