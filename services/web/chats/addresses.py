"""Addresses of conversations: by the counterpart's name, or by id where no address can hold the name."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString

# What a path of an address can hold, in any spelling. A decomposed name is longer than it is stored.
IN_PATH = r"[^/\s\x00-\x1f\x7f]{1,600}"
# Browsers take these for the folder itself and the one above it, also percent-encoded (URL Standard, "..").
DOT_SEGMENTS = {".", ".."}
_in_path = re.compile(IN_PATH).fullmatch


def addresses(name: str) -> Callable[[Any], SafeString]:
    """Return a function that returns what `reverse` does of a view for each key; `reverse` is called once."""
    before, after = _around_key(name, get_script_prefix())
    # Quoted, it holds nothing that HTML would have escaped.
    return lambda key: SafeString(f"{before}{key if type(key) is int else quote(key, safe='@+')}{after}")


@cache
def _around_key(view: str, script_prefix: str) -> tuple[str, str]:
    """Return what stands before and after the key; a page with 50 rows has addresses of six views."""
    key = "4242424242"
    before, after = reverse(view, args=[key]).rsplit(key, 1)
    return before, after


def conversations() -> Callable[[str, int], SafeString]:
    """Return a function that returns the address of the conversation with {name, id}."""
    by_name, by_id = addresses("chats:conversation"), addresses("chats:conversation_by_id")
    return lambda name, pk: by_name(name) if has_address(name) else by_id(pk)


def has_address(name: str) -> bool:
    """Return whether a path can hold `name`. Names of before names had rules may be `..`, or have a slash."""
    return name not in DOT_SEGMENTS and bool(_in_path(name))
