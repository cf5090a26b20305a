"""Nesting of a thread in Python: O(n), without recursion, so that no depth is too deep."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Row(Protocol):
    """What nesting needs of a message, be it an instance or a named tuple."""

    @property
    def id(self) -> int: ...
    @property
    def parent_message_id(self) -> int | None: ...


R = TypeVar("R", bound=Row)


def nest(rows: Iterable[R], below: int | None = None) -> list[tuple[R, int]]:
    """Return `(row, depth)` in reading order: each row, then its replies, oldest first.

    `rows` come oldest first. A row whose parent is not among them stands at depth 0, as on a later page of
    a thread. With `below`, an id, only what hangs under that message is returned, its replies at depth 1.
    """
    children: dict[int | None, list[R]] = defaultdict(list)
    present = {below} if below is not None else set()
    for row in rows:
        inside = row.parent_message_id in present
        if below is None or inside:
            children[row.parent_message_id if inside else None].append(row)
            present.add(row.id)
    start = (below, 1) if below is not None else (None, 0)
    placed: list[tuple[R, int]] = []
    stack = [(row, start[1]) for row in reversed(children[start[0]])]
    while stack:
        row, depth = stack.pop()
        placed.append((row, depth))
        stack.extend((reply, depth + 1) for reply in reversed(children.get(row.id, ())))
    return placed
