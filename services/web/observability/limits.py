"""Rate limits: how often somebody may do something in a minute, by a sliding window.

The estimate is this minute's count plus the part of the last minute's that still overlaps (a sliding window
counter). Shared between processes it takes one round trip to Redis, without scripts. Without Redis, for what
happens too often to ask Redis, and for the first uses of each minute, each process counts by itself.
"""

import time
from collections import OrderedDict
from threading import Lock

from django.core.cache import cache as proxy

SECONDS = 60
MOST_KEYS = 20_000  # That one process remembers, the latest.


class LocalWindows:
    """Counts of this process by key: the number of the window, its count, the count of the one before, and
    how many of the window's uses are counted in Redis as well.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._windows: OrderedDict[str, tuple[int, int, int, int]] = OrderedDict()

    def add(self, key: str, window: int, amount: int = 1) -> tuple[int, int]:
        """Count one more in `window`; return the counts of the window before and of this one."""
        with self._lock:
            current, previous, shared = self._counts(key, window)
            # A use that is taken back was taken back in Redis too.
            shared = min(shared, current + amount)
            self._windows[key] = (window, current + amount, previous, shared)
            while len(self._windows) > MOST_KEYS:
                self._windows.popitem(last=False)
        return previous, current + amount

    def take_unshared(self, key: str, window: int) -> int:
        """Return how many of `window` Redis has not counted, and take them as counted from now on."""
        with self._lock:
            current, previous, shared = self._counts(key, window)
            self._windows[key] = (window, current, previous, current)
        return current - shared

    def _counts(self, key: str, window: int) -> tuple[int, int, int]:
        """Remove the counts of a key, and return them as they are in `window`."""
        last, current, previous, shared = self._windows.pop(key, (window, 0, 0, 0))
        if last != window:
            return 0, (current if last == window - 1 else 0), 0
        return current, previous, shared


local = LocalWindows()


def seconds_to_wait(
    key: str, limit: int, *, shared: bool = True, unshared: int = 0, now: float | None = None
) -> int:
    """Count one use; return 0 when it is within `limit` a minute, otherwise the seconds until one is again.

    The first `unshared` uses of a minute in each process are not counted in Redis until there are more. A use
    that is refused is not counted, so whoever goes on trying does not wait longer. 0 is no limit.
    """
    if limit <= 0:
        return 0
    now = time.time() if now is None else now
    window, age = divmod(now, SECONDS)
    previous, current = local.add(key, int(window))
    counts = None
    if shared and max(previous, current) > unshared:
        amount = local.take_unshared(key, int(window))
        counts = proxy.count_in_windows(key, int(window), SECONDS, amount)  # type: ignore[attr-defined]
        previous, current = counts or (previous, current)
    overlap = 1 - age / SECONDS
    if previous * overlap + current <= limit:
        return 0
    if counts:
        proxy.uncount_in_window(key, int(window))  # type: ignore[attr-defined]
    local.add(key, int(window), -1)
    return _wait(previous, current - 1, limit, age)


def _wait(previous: int, current: int, limit: int, age: float) -> int:
    """Seconds until one more fits: in this window, while the last one fades, or in the next one."""
    room = limit - 1 - current
    if room >= 0 and previous:
        fits = SECONDS * (1 - room / previous)
        return max(1, int(fits - age) + 1)
    # In the next window this one is the one before.
    return max(1, int(SECONDS - age + SECONDS * (1 - max(0, limit - 1) / max(1, current))) + 1)
