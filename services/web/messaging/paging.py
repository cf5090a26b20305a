"""Keyset pagination: the page size, the rows of a page, and whether there is a next page."""

from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")
PAGE_SIZE = 50


def split(rows: Iterable[T], size: int) -> tuple[list[T], bool]:
    """Return the rows of this page and whether there is a next page. `rows` must query `size + 1` rows."""
    fetched = list(rows)
    return fetched[:size], len(fetched) > size


def list_page(rows: Iterable[Any], size: int, before: int | None, key: str) -> dict[str, Any]:
    """Return the values of a page for its template: the rows, and the keys of this page and of the next one.

    `rows` must query `size + 1` rows. `key` is the attribute by which they are ordered.
    """
    shown, more = split(rows, size)
    return {"rows": shown, "before": before, "following": getattr(shown[-1], key) if more else None}
