"""What could not be done, because Redis could not be reached: to delete keys, whose content is out of date,
or to tell members of a change.
"""

import threading
from collections.abc import Callable
from typing import Any, cast

from django.core.cache import cache as proxy

from observability import metrics
from observability.cache import RedisCache

RETRY_SECONDS = 0.5

cache = cast(RedisCache, proxy)


class Debts:
    """A thread goes on trying to delete them, so that other processes use what is out of date no longer than
    it takes to reach Redis. This process asks `any()` before it uses what they may hold.

    More than `most` keys are replaced by the one key `instead`, which must stand for all of them. `gauge`
    shows how many there are. `pay` does something else than delete them; it returns None when Redis failed.
    """

    def __init__(
        self,
        most: int | None = None,
        instead: str = "",
        gauge: metrics.Gauge | None = None,
        pay: Callable[[set[str]], Any] | None = None,
    ) -> None:
        self.most, self.instead, self.gauge = most, instead, gauge
        # Not the method itself: the cache is made for each thread, and not before settings are read.
        self._settle = pay or (lambda keys: cache.delete_many(keys))
        self._lock = threading.Lock()
        self._keys: set[str] = set()
        self._paying = False

    def any(self) -> bool:
        return bool(self._keys) or self._paying

    def __len__(self) -> int:
        return len(self._keys)

    def owe(self, keys: set[str]) -> None:
        with self._lock:
            self._add(keys)
            if self._paying:
                return
            self._paying = True
        threading.Thread(target=self._pay, name="debts", daemon=True).start()

    def _add(self, keys: set[str]) -> None:
        self._keys |= keys
        if self.most is not None and len(self._keys) > self.most:
            self._keys = {self.instead}
        self._show()

    @metrics.harmless
    def _show(self) -> None:
        if self.gauge:
            self.gauge.set(len(self._keys))

    def _pay(self) -> None:
        paid = threading.Event()
        while True:
            with self._lock:
                keys, self._keys = self._keys, set()
                if not keys:
                    self._paying = False
                    self._show()
                    return
            done = None
            try:
                with cache.breaker.ignored():
                    done = self._settle(keys)
            finally:
                if done is None:
                    with self._lock:
                        self._add(keys)
            if done is None:
                paid.wait(RETRY_SECONDS)
