"""Keyset pagination: the page size, and whether there is a next page."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
PAGE_SIZE = 50


def split(rows: Iterable[T], size: int) -> tuple[list[T], bool]:
    """Return the rows of this page and whether there is a next page. `rows` must query `size + 1` rows."""
    fetched = list(rows)
    return fetched[:size], len(fetched) > size
