"""Threads: one query reads a thread, and Python puts it into depth-first order.

The order takes O(n) time and uses no recursion, so the depth of a thread has no limit.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import NamedTuple, Protocol, TypeVar

from django.db import connections
from psycopg.pq import Format


class Row(Protocol):
    """The attributes that `flatten` needs. Model instances and named tuples have them."""

    @property
    def id(self) -> int: ...
    @property
    def parent_message_id(self) -> int | None: ...


R = TypeVar("R", bound=Row)


class ThreadRow(NamedTuple):
    """A message of a thread, without usernames: all messages of a thread have the same two participants."""

    id: int
    parent_message_id: int | None
    sender_id: int
    content: str
    timestamp: datetime
    read: bool
    edited: bool


WHOLE = f"SELECT {', '.join(ThreadRow._fields)} FROM messaging_message WHERE thread = %s ORDER BY id"  # noqa: S608
# Equivalent to ThreadRow._make, without a Python function call for each row.
_thread_row = partial(tuple.__new__, ThreadRow)


def read_thread(root_id: int, *, using: str = "default") -> list[tuple[ThreadRow, int]]:
    """Return a whole thread as `(row, depth)` pairs in reading order, with one query.

    The caller must check that the user may see the thread.
    """
    with connections[using].cursor() as cursor:
        cursor.cursor.format = Format.BINARY  # Psycopg reads it faster than text.
        cursor.execute(WHOLE, [root_id])
        return flatten(map(_thread_row, cursor.fetchall()))


def flatten(rows: Iterable[R], below: int | None = None) -> list[tuple[R, int]]:
    """Return `(row, depth)` pairs in reading order: each row, then its replies, oldest first.

    `rows` must be sorted oldest first. A row whose parent is not in `rows` gets depth 0, as on a later page
    of a thread. If `below` is the id of a message, only its descendants are returned, and its direct replies
    get depth 1.
    """
    children = _children(rows, below)
    stack = list(zip(reversed(children.get(below, ())), repeat(0 if below is None else 1), strict=False))
    ordered = []
    while stack:
        pair = stack.pop()
        ordered.append(pair)
        row, depth = pair
        if replies := children.get(row.id):
            stack.extend(zip(reversed(replies), repeat(depth + 1), strict=False))
    return ordered


def _children(rows: Iterable[R], below: int | None) -> dict[int | None, list[R]]:
    """Return the replies of each row, by its id.

    Without `below`, rows whose parent is not in `rows` are under None. With it, only its descendants count.
    """
    children: defaultdict[int | None, list[R]] = defaultdict(list)
    present = set() if below is None else {below}
    for row in rows:
        parent = row.parent_message_id
        if parent not in present:
            if below is not None:
                continue
            parent = None
        present.add(row.id)
        children[parent].append(row)
    return children
