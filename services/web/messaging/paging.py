"""Keyset pagination: the page size, and whether there is a next page."""

from collections.abc import Iterable

PAGE_SIZE = 50


def split(rows: Iterable, size: int) -> tuple[list, bool]:
    """Return the rows of this page and whether there is a next page. `rows` must query `size + 1` rows."""
    fetched = list(rows)
    return fetched[:size], len(fetched) > size
