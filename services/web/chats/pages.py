"""From rows of the database to what a page shows; keyset paging included."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest

from messaging.prepared import Prepared
from messaging.threads import nest

INBOX_SIZE = 25
PAGE_SIZE = 50
ONE_MORE = PAGE_SIZE + 1  # Tells whether there is another page.
DEEPEST_INDENT = 6  # Deeper replies stay at this indent and name what they answer.
LARGEST_KEY = 2**63 - 1


class Line(NamedTuple):
    """A message on a page. `row` is one of MessageQuerySet.for_display."""

    row: Any
    depth: int
    author: str
    mine: bool
    is_new: bool
    answers: str  # Who wrote the message that this one answers, where that needs saying.
    parent_is_here: bool

    @property
    def indent(self) -> int:
        return min(self.depth, DEEPEST_INDENT)


def key_from(request: HttpRequest, name: str) -> int | None:
    """The key in `?name=`, or None without one. A made-up key is an address that does not exist."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20) or not 0 < int(text) <= LARGEST_KEY:
        raise Http404
    return int(text)


def split(rows: Iterable, size: int) -> tuple[list, bool]:
    """The rows of this page, and whether there is another; `rows` must be a query for `size + 1`."""
    fetched = list(rows)
    return fetched[:size], len(fetched) > size


class Window(NamedTuple):
    """A page of messages, oldest first, with the keys of the pages before and after it."""

    rows: list
    earlier: int | None  # `?to=`: the last message of the page before.
    later: int | None  # `?from=`: the first message of the page after.


class Windows:
    """The pages of messages that belong together; `build` makes the queryset of them of a number."""

    def __init__(self, build: Callable[[int], Any]) -> None:
        self.ahead = Prepared(lambda key, start: build(key).filter(pk__gte=start).order_by("pk")[:ONE_MORE])
        self.back = Prepared(lambda key, end: build(key).filter(pk__lte=end).order_by("-pk")[:ONE_MORE])

    def window(self, key: int, request: HttpRequest, *, newest: bool) -> Window:
        """One page: from `?from=` on, up to `?to=`, or without them the newest or the oldest."""
        start, end = key_from(request, "from"), key_from(request, "to")
        if start is not None or (end is None and not newest):
            rows, more = split(self.ahead(key, start or 0), PAGE_SIZE)
            return _window(rows, earlier=start is not None, later=more)
        rows, more = split(self.back(key, end or LARGEST_KEY), PAGE_SIZE)
        rows.reverse()
        return _window(rows, earlier=more, later=end is not None)


def _window(rows: list, *, earlier: bool, later: bool) -> Window:
    if not rows:
        raise Http404
    return Window(rows, rows[0].id - 1 if earlier else None, rows[-1].id + 1 if later else None)


def lines(rows: list, reader_id: int, counterpart: str, *, nested: bool) -> list[Line]:
    """Messages as the page of `reader_id` shows them; `nested` puts replies under what they answer."""
    here = {row.id for row in rows}
    placed = nest(rows) if nested else [(row, 0) for row in rows]
    return [_line(row, depth, reader_id, counterpart, here, nested) for row, depth in placed]


def version_of(page: Window, shown: list[Line], *around: Any) -> str:
    """Another one once the page would show anything else. What is new to its reader is only new once."""
    said = [
        (line.row.id, line.author, line.row.content, line.row.edited, line.mine and line.row.read,
         line.row.parent_excerpt)
        for line in shown
    ]  # fmt: skip
    return blake2b(
        repr((page.later, around, said)).encode(errors="backslashreplace"), digest_size=12
    ).hexdigest()


def _line(row, depth: int, reader_id: int, counterpart: str, here: set[int], nested: bool) -> Line:
    mine = row.sender_id == reader_id
    parent_is_here = row.parent_message_id in here
    # Indentation tells what is answered as long as it still grows.
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
