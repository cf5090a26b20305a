"""The type of a request with a logged-in user, and the parsing of ids in query strings."""

from django.http import Http404, HttpRequest

from accounts.models import User

LARGEST_KEY = 2**63 - 1  # Maximum of a bigint column.


class MemberRequest(HttpRequest):
    """A request behind `login_required`."""

    user: User


def key_from(request: HttpRequest, name: str) -> int | None:
    """Return the id in `?name=`, or None if the parameter is missing. Raise Http404 for an invalid id."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20) or not 0 < int(text) <= LARGEST_KEY:
        raise Http404
    return int(text)
