"""Rendered rows of messages, kept in the memory of one process for a short time.

A page of messages that is made again differs in few rows from the page before: a new message, or a receipt.
Everything that a row depends on is kept with it and compared (chats/rows.py), so no row is invalidated.
"""

from collections.abc import Mapping
from threading import Lock, Timer
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


class RowMemo(Generic[Row]):
    """At most `most_bytes` of rows. It is emptied when it is full, and `seconds` after its first row."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._most_bytes, self._seconds = most_bytes, seconds
        self._rows: dict[Any, Row] = {}
        self._bytes = 0
        self._timer: Timer | None = None  # Empties the memo of a process that serves no more pages, too.
        self._lock = Lock()
        self.get = self._rows.get

    def add(self, rows: Mapping[Any, Row], size: int) -> None:
        """Keep the rows of a page, unless they are very long. `size` is their number of bytes."""
        if size > self._most_bytes // 10:
            return
        with self._lock:
            if self._bytes + size > self._most_bytes:
                self._empty()
            self._rows.update(rows)
            self._bytes += size
            if self._timer is None:
                self._timer = Timer(self._seconds, self._end)
                self._timer.daemon = True
                self._timer.start()

    def _end(self) -> None:
        with self._lock:
            self._empty()
            self._timer = None

    def _empty(self) -> None:
        self._rows.clear()
        self._bytes = 0
