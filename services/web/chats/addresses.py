"""URLs, faster than `reverse`. The URL of a conversation has its id if a path cannot contain the name."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from django.urls import get_script_prefix, reverse

# A user name in a URL path, in any Unicode normalization form. The limit is higher than that of stored names,
# because a decomposed name has more characters.
IN_PATH = r"[^/\s\x00-\x1f\x7f]{1,600}"
# Browsers resolve these to the current and the parent directory, even percent-encoded (URL Standard).
DOT_SEGMENTS = {".", ".."}
_in_path = re.compile(IN_PATH).fullmatch


def url(view: str, *args: Any) -> str:
    """Return the URL of a view. It is cached if it has no arguments: a page has a dozen of those."""
    return reverse(view, args=args) if args else _without_arguments(view, get_script_prefix())


@cache
def _without_arguments(view: str, script_prefix: str) -> str:
    return reverse(view)


def addresses(name: str) -> Callable[[Any], str]:
    """Return a function that maps a key (an id or a user name) to the URL of the view `name`.

    The function is faster than `reverse`, which is called only once for each view and script prefix.
    """
    before, after = _around_key(name, get_script_prefix())
    return lambda key: f"{before}{key if type(key) is int else quote(key, safe='@+')}{after}"


@cache
def _around_key(view: str, script_prefix: str) -> tuple[str, str]:
    """Return the parts of the view's URL before and after the key.

    The result is cached, because a page with 50 rows contains URLs of six views.
    """
    key = "4242424242"
    before, after = reverse(view, args=[key]).rsplit(key, 1)
    return before, after


def conversations() -> Callable[[str, int], str]:
    """Return a function that maps a counterpart's name and a conversation's id to the conversation's URL."""
    by_name, by_id = addresses("chats:conversation"), addresses("chats:conversation_by_id")
    return lambda name, pk: by_name(name) if has_address(name) else by_id(pk)


def has_address(name: str) -> bool:
    """Return whether a URL path can contain `name`.

    Names that are older than the validation rules may be `..` or contain a slash.
    """
    return name not in DOT_SEGMENTS and bool(_in_path(name))
