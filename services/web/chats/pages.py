"""Keyset paging of messages, and conversion of their rows to the lines that a page shows."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest

from accounts.requests import LARGEST_KEY, key_from
from messaging.compiled import CompiledQuery
from messaging.paging import PAGE_SIZE, split
from messaging.threads import flatten

INBOX_SIZE = 25
ONE_MORE = PAGE_SIZE + 1  # The additional row shows whether there is another page.
DEEPEST_INDENT = 6  # Deeper replies keep this indent and quote the message that they answer.


class Line(NamedTuple):
    """A message on a page. `row` is a row of MessageQuerySet.for_display."""

    row: Any
    depth: int
    author: str
    mine: bool
    is_new: bool
    answers: str  # The author of the parent message; empty if the page need not name the author.
    parent_is_here: bool

    @property
    def indent(self) -> int:
        return min(self.depth, DEEPEST_INDENT)


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

        Without these parameters, return the newest or the oldest page. Raise Http404 if it has no messages.
        """
        start, end = key_from(request, "from"), key_from(request, "to")
        if start is not None or (end is None and not newest):
            rows, more = split(self.ahead(key, start or 0), PAGE_SIZE)
            return _window(rows, earlier=start is not None, later=more)
        rows, more = split(self.back(key, end or LARGEST_KEY), PAGE_SIZE)
        rows.reverse()
        return _window(rows, earlier=more, later=end is not None)


def _window(rows: list[Any], *, earlier: bool, later: bool) -> Window:
    if not rows:
        raise Http404
    return Window(rows, rows[0].id - 1 if earlier else None, rows[-1].id + 1 if later else None)


def lines(rows: list[Any], reader_id: int, counterpart: str, *, nested: bool) -> list[Line]:
    """Return the lines of a page for the user `reader_id`. `nested` puts replies below their parents."""
    here = {row.id for row in rows}
    placed = flatten(rows) if nested else [(row, 0) for row in rows]
    return [_line(row, depth, reader_id, counterpart, here, nested) for row, depth in placed]


def version_of(page: Window, shown: list[Line], *around: Any) -> str:
    """Return a digest of the content of the page. It changes when the page would show something else.

    The digest does not include the marks of new messages, because a message is new only at the first view.
    """
    said = [
        (line.row.id, line.author, line.row.content, line.row.edited, line.mine and line.row.read,
         line.row.parent_excerpt)
        for line in shown
    ]  # fmt: skip
    return blake2b(
        repr((page.later, around, said)).encode(errors="backslashreplace"), digest_size=12
    ).hexdigest()


def _line(row: Any, depth: int, reader_id: int, counterpart: str, here: set[int], nested: bool) -> Line:
    mine = row.sender_id == reader_id
    parent_is_here = row.parent_message_id in here
    # Up to DEEPEST_INDENT, the indentation already shows which message is answered.
    needs_saying = row.parent_message_id and not (nested and parent_is_here and depth <= DEEPEST_INDENT)
    answers = ("you" if row.parent_sender_id == reader_id else counterpart) if needs_saying else ""
    return Line(
        row=row,
        depth=depth,
        author="You" if mine else counterpart,
        mine=mine,
        is_new=not mine and not row.read,
        answers=answers,
        parent_is_here=parent_is_here,
    )
