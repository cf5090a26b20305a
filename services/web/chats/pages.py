"""Keyset paging of messages, and the version of a page."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgpack
from django.db.models import BigIntegerField, Case, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.http import HttpRequest
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from accounts.requests import LARGEST_KEY, key_from
from messaging.compiled import CompiledQuery
from messaging.paging import PAGE_SIZE, split
from messaging.querysets import MessageQuerySet

INBOX_SIZE = 25
ONE_MORE = PAGE_SIZE + 1  # The additional row shows whether there is another page.
PARAMETERS = ("at", "from", "to")  # Of a URL.
CONTEXT = PAGE_SIZE // 2  # Messages shown before the one that a link points to.


class Window(NamedTuple):
    """A page of messages, oldest first, with the keys of the pages before and after it."""

    rows: list[Any]
    earlier: int | None  # `?to=`: the largest possible id on the previous page.
    later: int | None  # `?from=`: the smallest possible id on the next page.


class Windows:
    """The pages of a conversation or a thread. `build` returns its messages by its id.

    `with_replies` is an argument of `MessageQuerySet.for_display`.
    """

    def __init__(self, build: Callable[[int], MessageQuerySet], *, with_replies: bool = False) -> None:
        def display(messages: MessageQuerySet) -> QuerySet[Any]:
            return messages.for_display(with_replies=with_replies)

        self.ahead = CompiledQuery(
            lambda key, start: display(build(key).filter(pk__gte=start)).order_by("pk")[:ONE_MORE]
        )
        self.back = CompiledQuery(
            lambda key, end: display(build(key).filter(pk__lte=end)).order_by("-pk")[:ONE_MORE]
        )
        self.around = CompiledQuery(
            lambda key, at: display(_around(build(key), at)).order_by("pk")[: ONE_MORE + 1]
        )

    def window(self, key: int, request: HttpRequest) -> Window | None:
        """Return the page with the message `?at=`, from `?from=` on, or up to `?to=`.

        If the page has no messages, return the nearest one that has: a page that begins by `?from=` links to
        earlier messages without a query for them. Return None if there are no messages at all.
        """
        at, start, end = (key_from(request, name) for name in PARAMETERS)
        if at is not None:
            return self._page_at(key, at)
        if start is not None:
            return self._page_from(key, start) or self._page_to(key, None)
        return self._page_to(key, end) or self._page_from(key, None)

    def _page_at(self, key: int, at: int) -> Window | None:
        rows = self.around(key, at)
        before = next((place for place, row in enumerate(rows) if row.id == at), len(rows))
        # See `_around`: which of the two pages the rows belong to.
        most = CONTEXT if len(rows) > ONE_MORE else 0
        earlier = len(rows) >= ONE_MORE and before > most
        shown, later = split(rows[earlier:], PAGE_SIZE)
        return _window(shown, earlier=earlier, later=later)

    def _page_from(self, key: int, start: int | None) -> Window | None:
        rows, more = split(self.ahead(key, start or 0), PAGE_SIZE)
        return _window(rows, earlier=start is not None, later=more)

    def _page_to(self, key: int, end: int | None) -> Window | None:
        rows, more = split(self.back(key, end or LARGEST_KEY), PAGE_SIZE)
        rows.reverse()
        # No message has a larger id than LARGEST_KEY, which the key `G` uses for the last page (moving.js).
        return _window(rows, earlier=more, later=end is not None and end < LARGEST_KEY)


def is_bare(request: HttpRequest) -> bool:
    """Return whether the URL does not say which page to show."""
    return not any(name in request.GET for name in PARAMETERS)


def is_part(request: HttpRequest) -> bool:
    """Return whether a script requests only the rows of a page, for a column beside another page."""
    return request.GET.get("part") == "rows"


def _around(messages: MessageQuerySet, at: int) -> MessageQuerySet:
    """Return the messages of the newest page if it has the message `at`. Else return CONTEXT rows before it.

    If there is an earlier message, it is the first row. So the newest page has at most ONE_MORE rows. Any
    other page has more, or has no earlier message and begins with `at`. It continues after `at`.
    """
    latest = messages.order_by("-pk").values("pk")
    # Without this message, the newest page.
    place = _first_of(messages.filter(pk=at).values("pk"), LARGEST_KEY)
    newest = _first_of(latest[PAGE_SIZE:ONE_MORE])
    nearby = _first_of(latest.filter(pk__lt=at)[CONTEXT : CONTEXT + 1])
    first = Case(When(GreaterThan(place, newest), then=newest), default=nearby)
    return messages.filter(pk__gte=first)


def _first_of(ids: QuerySet[Any], otherwise: int = 0) -> Coalesce:
    return Coalesce(Subquery(ids), Value(otherwise, BigIntegerField()))


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
        (
            row.id,
            row.content,
            row.edited,
            row.sender_id == reader_id and (row.read, row.read_at and row.read_at.timestamp()),
            row.parent_excerpt,
            row.thread_replies,
        )
        for row in page.rows
    ]
    shown = get_language(), get_current_timezone_name(), page.later, around, said
    content = msgpack.packb(shown, unicode_errors="surrogatepass")
    return blake2b(content, digest_size=12).hexdigest()
