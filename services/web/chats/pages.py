"""Keyset paging of messages, and the version of a page."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgpack
from django.http import Http404, HttpRequest

from accounts.requests import LARGEST_KEY, key_from
from messaging.compiled import CompiledQuery
from messaging.paging import PAGE_SIZE, split

INBOX_SIZE = 25
ONE_MORE = PAGE_SIZE + 1  # The additional row shows whether there is another page.


class Window(NamedTuple):
    """A page of messages, oldest first, with the keys of the pages before and after it."""

    rows: list[Any]
    earlier: int | None  # `?to=`: the largest possible id on the previous page.
    later: int | None  # `?from=`: the smallest possible id on the next page.


class Windows:
    """The pages of a conversation or a thread. `build` returns the queryset of its messages by its id."""

    def __init__(self, build: Callable[[int], Any]) -> None:
        self.ahead = CompiledQuery(
            lambda key, start: build(key).filter(pk__gte=start).order_by("pk")[:ONE_MORE]
        )
        self.back = CompiledQuery(lambda key, end: build(key).filter(pk__lte=end).order_by("-pk")[:ONE_MORE])

    def window(self, key: int, request: HttpRequest, *, newest: bool) -> Window:
        """Return the page from `?from=` on, or the page up to `?to=`.

        Without these parameters, return the newest or the oldest page. If the page has no messages, return
        the nearest one that has: a page that begins by `?from=` links to earlier messages without a query
        for them.
        """
        start, end = key_from(request, "from"), key_from(request, "to")
        if start is not None or (end is None and not newest):
            page = self._page_from(key, start) or self._page_to(key, None)
        else:
            page = self._page_to(key, end) or self._page_from(key, None)
        if page is None:
            raise Http404
        return page

    def _page_from(self, key: int, start: int | None) -> Window | None:
        rows, more = split(self.ahead(key, start or 0), PAGE_SIZE)
        return _window(rows, earlier=start is not None, later=more)

    def _page_to(self, key: int, end: int | None) -> Window | None:
        rows, more = split(self.back(key, end or LARGEST_KEY), PAGE_SIZE)
        rows.reverse()
        # No message has a larger id than LARGEST_KEY, which the key `G` uses for the last page (moving.js).
        return _window(rows, earlier=more, later=end is not None and end < LARGEST_KEY)


def _window(rows: list[Any], *, earlier: bool, later: bool) -> Window | None:
    if not rows:
        return None
    return Window(rows, rows[0].id - 1 if earlier else None, rows[-1].id + 1 if later else None)


def version_of(page: Window, reader_id: int, *around: Any) -> str:
    """Return a digest of the content of the page. It changes when the page would show something else.

    The digest does not include the marks of new messages, because a message is new only at the first view.
    `around` is what the page shows besides its messages, such as the name of the counterpart.
    """
    said = [
        (row.id, row.content, row.edited, row.sender_id == reader_id and row.read, row.parent_excerpt)
        for row in page.rows
    ]
    content = msgpack.packb((page.later, around, said), unicode_errors="surrogatepass")
    return blake2b(content, digest_size=12).hexdigest()
