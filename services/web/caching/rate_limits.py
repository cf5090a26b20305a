"""Rate limits: the number of uses per minute, by a sliding window counter.

The estimate is the count of this minute plus the part of the previous minute that the window still overlaps.
A count that all processes share takes one round trip to Redis, without scripts. Each process counts alone in
three cases: Redis is down, the use is too frequent for a call to Redis, or it is among the first uses of a
minute.
"""

import time
from collections import OrderedDict
from threading import Lock

from caching.backend import cache

SECONDS = 60
MOST_KEYS = 20_000  # In one process; the least recently used ones are dropped.


class LocalWindows:
    """The counts of this process.

    They map a key to four numbers: the window, its count, the count of the previous window, and the part of
    the window's count that Redis has counted too.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._windows: OrderedDict[str, tuple[int, int, int, int]] = OrderedDict()

    def add(self, key: str, window: int, amount: int = 1) -> tuple[int, int]:
        """Add `amount` to the count of `window`; return the counts of the previous and of this window."""
        with self._lock:
            current, previous, shared = self._counts(key, window)
            # A negative amount was subtracted in Redis too.
            shared = min(shared, current + amount)
            self._windows[key] = (window, current + amount, previous, shared)
            while len(self._windows) > MOST_KEYS:
                self._windows.popitem(last=False)
        return previous, current + amount

    def take_unshared(self, key: str, window: int) -> int:
        """Return the number of uses that Redis has not counted in `window`, and mark them as counted."""
        with self._lock:
            current, previous, shared = self._counts(key, window)
            self._windows[key] = (window, current, previous, current)
        return current - shared

    def _counts(self, key: str, window: int) -> tuple[int, int, int]:
        """Remove the counts of a key; return its current, previous and shared counts, seen from `window`."""
        last, current, previous, shared = self._windows.pop(key, (window, 0, 0, 0))
        if last != window:
            return 0, (current if last == window - 1 else 0), 0
        return current, previous, shared


local = LocalWindows()


def seconds_to_wait(
    key: str, limit: int, *, shared: bool = True, unshared: int = 0, now: float | None = None
) -> int:
    """Count one use; return 0 if it is within `limit` per minute, otherwise the seconds until the next one.

    A limit of 0 means no limit. A process counts its first `unshared` uses of a minute in Redis only once it
    has counted more, in this minute or in the previous one. A refused use is not counted, so repeated
    attempts do not make the wait longer.
    """
    if limit <= 0:
        return 0
    now = time.time() if now is None else now
    window, age = divmod(now, SECONDS)
    previous, current = local.add(key, int(window))
    counts = None
    if shared and max(previous, current) > unshared:
        amount = local.take_unshared(key, int(window))
        counts = cache.count_in_windows(key, int(window), SECONDS, amount)
        previous, current = counts or (previous, current)
    overlap = 1 - age / SECONDS
    if previous * overlap + current <= limit:
        return 0
    if counts:
        cache.count_in_windows(key, int(window), SECONDS, -1)
    local.add(key, int(window), -1)
    return _wait(previous, current - 1, limit, age)


def _wait(previous: int, current: int, limit: int, age: float) -> int:
    """Return the seconds until one more use is within the limit, in this window or in the next one."""
    room = limit - 1 - current
    if room >= 0 and previous:
        fits = SECONDS * (1 - room / previous)
        return max(1, int(fits - age) + 1)
    # In the next window, this window is the previous one.
    return max(1, int(SECONDS - age + SECONDS * (1 - max(0, limit - 1) / max(1, current))) + 1)
