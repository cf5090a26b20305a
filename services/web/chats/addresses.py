"""URLs, faster than `reverse`. The URL of a conversation has its id if a path cannot contain the name."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from django.urls import reverse

# A user name in a URL path, in any Unicode normalization form. The limit is higher than that of stored names,
# because a decomposed name has more characters.
IN_PATH = r"[^/\s\x00-\x1f\x7f]{1,600}"
# Browsers resolve these to the current and the parent directory, even percent-encoded (URL Standard).
DOT_SEGMENTS = {".", ".."}
_in_path = re.compile(IN_PATH).fullmatch


def url(view: str, key: int | str | None = None) -> str:
    """Return the URL of a view, whose argument is an id, a user name or nothing."""
    return _without_arguments(view) if key is None else addresses(view)(key)


_without_arguments = cache(reverse)


@cache
def addresses(view: str) -> Callable[[Any], str]:
    """Return a function that maps a key (an id or a user name) to the URL of a view.

    The function is faster than `reverse`, which is called once for each view. Only a `str` is quoted, so that
    row formats can have the place of a key in a URL (chats/row_formats.py).
    """
    key = "4242424242"
    before, after = reverse(view, args=[key]).rsplit(key, 1)
    return lambda key: f"{before}{_quoted(key) if type(key) is str else key}{after}"


def _quoted(name: str) -> str:
    # Most names. `quote` takes five times as long.
    return name if name.isascii() and name.isalnum() else quote(name, safe="@+")


def conversations() -> Callable[[str, int], str]:
    """Return a function that maps a counterpart's name and a conversation's id to the conversation's URL."""
    by_name, by_id = addresses("chats:conversation"), addresses("chats:conversation_by_id")
    return lambda name, pk: by_name(name) if has_address(name) else by_id(pk)


def message_urls() -> Callable[[str, int], str]:
    """Return a function that maps a counterpart's name and a message's id to the URL of the message."""
    by_name, by_id = addresses("chats:conversation"), addresses("chats:message")
    # The permalink redirects to the URL of the conversation.
    return lambda name, pk: at_message(by_name(name), pk) if has_address(name) else by_id(pk)


def opening_urls() -> Callable[[str, int, int, bool], str]:
    """Return a function that maps a row of a list to the URL at which its conversation opens.

    Its arguments are the counterpart's name, the ids of the conversation and of its latest message, and
    whether it has unread messages. Then the URL of the conversation opens it at the first of them.
    """
    conversation, message = conversations(), message_urls()
    return lambda name, pk, latest, is_unread: conversation(name, pk) if is_unread else message(name, latest)


def at_message(page: str, pk: Any, is_tree: bool = False) -> str:
    """Return the URL of a message on a page of messages. `page` is the URL of its conversation or thread."""
    return f"{page}?at={pk}{'&order=tree' if is_tree else ''}#m{pk}"


def has_address(name: str) -> bool:
    """Return whether a URL path can contain `name`.

    Names that are older than the validation rules may be `..` or contain a slash.
    """
    return name not in DOT_SEGMENTS and bool(_in_path(name))
