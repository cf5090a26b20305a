"""The types of requests with more attributes, ids in query strings, and requests in advance."""

from typing import Any

from django.http import Http404, HttpRequest

from accounts.models import User

LARGEST_KEY = 2**63 - 1  # Maximum of a bigint column.
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # Headers that name the purpose of a request.
IN_ADVANCE = ("prefetch", "prerender", "preview")
Credentials = dict[str, Any]  # What a log-in form sends.


class MemberRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User


class AxesRequest(HttpRequest):
    """A request with the attributes that django-axes adds."""

    axes_ip_address: str
    axes_locked_out: bool
    axes_credentials: Credentials


def is_in_advance(request: HttpRequest) -> bool:
    """Return whether the browser requests a page that the user has not opened, and may never open."""
    purposes = [request.headers.get(name, "").lower() for name in PURPOSES]
    return any(word in purpose for purpose in purposes for word in IN_ADVANCE)


def key_from(request: HttpRequest, name: str) -> int | None:
    """Return the id in `?name=`, or None if the parameter is missing. Raise Http404 for an invalid id."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not is_id(text):
        raise Http404
    return int(text)


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= LARGEST_KEY
