"""A queue of failed Redis operations, which a background thread retries until they succeed."""

import threading
from collections.abc import Callable
from typing import Any

from prometheus_client import Gauge

from caching.backend import cache
from observability import metrics

RETRY_SECONDS = 0.5


class RetryQueue:
    """Keys whose operation failed. A background thread retries it until Redis is reachable.

    By default the operation deletes the keys, so that other processes stop serving stale entries. A custom
    `operation` returns None when Redis failed. More than `most` keys are replaced by the single key
    `instead`, which must cover all of them. `gauge` shows the number of keys. Callers check `any()` before
    they read entries that the keys invalidate.
    """

    def __init__(
        self,
        most: int | None = None,
        instead: str = "",
        gauge: Gauge | None = None,
        operation: Callable[[set[str]], Any] | None = None,
    ) -> None:
        self.most, self.instead, self.gauge = most, instead, gauge
        # A lambda, because Django creates a cache object for each thread, and only after it has read the
        # settings.
        self._operation = operation or (lambda keys: cache.delete_many(keys))
        self._lock = threading.Lock()
        self._keys: set[str] = set()
        self._is_retrying = False

    def any(self) -> bool:
        return bool(self._keys) or self._is_retrying

    def enqueue(self, keys: set[str]) -> None:
        with self._lock:
            self._add(keys)
            if self._is_retrying:
                return
            self._is_retrying = True
        threading.Thread(target=self._retry, name="retry-queue", daemon=True).start()

    def _add(self, keys: set[str]) -> None:
        self._keys |= keys
        if self.most is not None and len(self._keys) > self.most:
            self._keys = {self.instead}
        self._show()

    @metrics.suppress_errors
    def _show(self) -> None:
        if self.gauge:
            self.gauge.set(len(self._keys))

    def _retry(self) -> None:
        pause = threading.Event()
        while True:
            with self._lock:
                keys, self._keys = self._keys, set()
                if not keys:
                    self._is_retrying = False
                    self._show()
                    return
            done = None
            try:
                with cache.breaker.ignored():
                    done = self._operation(keys)
            finally:
                if done is None:
                    with self._lock:
                        self._add(keys)
            if done is None:
                pause.wait(RETRY_SECONDS)
