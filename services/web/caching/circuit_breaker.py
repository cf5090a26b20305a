"""A circuit breaker: after repeated failures of a server, callers skip it for some seconds.

Without it, every call to a server that hangs would take as long as its time-out.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from observability import metrics
from observability.log_limit import LogLimit

log = logging.getLogger(__name__)


class CircuitBreaker:
    """Counts consecutive failures, for all threads of a process.

    A closed breaker lets all calls through. After `failures` consecutive failures it opens, and lets no call
    through for `seconds`. Then one call at a time may try: success closes the breaker, failure opens it
    again.
    """

    def __init__(self, name: str, *, failures: int = 3, seconds: float = 5.0) -> None:
        self.name, self.failures, self.seconds = name, failures, seconds
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._closed_again_at: float | None = None  # None while it is closed.
        self._log_limit = LogLimit()
        self._ignored: ContextVar[bool] = ContextVar(f"{name} breaker ignored", default=False)

    @property
    def is_open(self) -> bool:
        return self._closed_again_at is not None

    def lets_through(self) -> bool:
        if self._closed_again_at is None or self._ignored.get():
            return True
        with self._lock:
            now = time.monotonic()
            if self._closed_again_at is not None and now < self._closed_again_at:
                return False
            # This caller tries. The others skip the server until it reports, for at most another `seconds`.
            self._closed_again_at = now + self.seconds
            return True

    @contextmanager
    def ignored(self) -> Iterator[None]:
        """Let this thread through even while the breaker is open: for background retries."""
        before = self._ignored.set(True)
        try:
            yield
        finally:
            self._ignored.reset(before)

    def succeeded(self) -> None:
        if self._in_a_row == 0:
            return
        with self._lock:
            was_open, self._closed_again_at, self._in_a_row = self.is_open, None, 0
        if was_open:
            metrics.suppress_errors(metrics.BREAKER_OPEN.dec)()
            self._log_once("answers", "%s answers again.", self.name)

    def failed(self, error: BaseException) -> None:
        with self._lock:
            self._in_a_row += 1
            opens, was_open = self._in_a_row >= self.failures, self.is_open
            if opens:
                self._closed_again_at = time.monotonic() + self.seconds
        if opens and not was_open:
            metrics.suppress_errors(metrics.BREAKER_OPEN.inc)()
            metrics.suppress_errors(metrics.BREAKER_OPENED.inc)()
        if opens:
            self._log_once(
                "opened", "%s failed %d times in a row and is skipped for %g s at a time: %s",
                self.name, self.failures, self.seconds, error,
            )  # fmt: skip
        else:
            self._log_once("failed", "%s failed: %s", self.name, error)

    def _log_once(self, kind: str, text: str, *arguments: object) -> None:
        if self._log_limit.allows(kind):
            log.warning(text, *arguments)
