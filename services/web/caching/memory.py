"""The memory that the password hashes and the large pages of one process share.

Both need tens of MiB for less than a second. Many at once would exceed the memory limit of the container.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# One password hash with Django's parameters, or five with ours (accounts/hashers.py). A user keeps Django's
# parameters until the next log-in. gunicorn.conf.py has the same value.
SHARED_MIB = 100
WAIT_SECONDS = 20.0  # Shorter than the timeouts of gunicorn and nginx.


class NoMemoryError(Exception):
    """Other requests used the memory for `WAIT_SECONDS`. The response is 503 with Retry-After."""


class Memory:
    """A weighted semaphore with `most` units. Waiting for longer than `seconds` raises NoMemoryError."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._free = most
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, units: int) -> Iterator[None]:
        """Hold `units` while the block runs. If `units` is larger than `most`, hold all of them."""
        units = min(units, self.most)
        until = time.monotonic() + self.seconds
        # Only one thread at a time waits for free units. Otherwise small amounts could delay a large one for
        # an unlimited time.
        if not self._turn.acquire(timeout=self.seconds):
            raise NoMemoryError
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: self._free >= units, until - time.monotonic()):
                    raise NoMemoryError
                self._free -= units
        finally:
            self._turn.release()
        try:
            yield
        finally:
            with self._changed:
                self._free += units
                self._changed.notify_all()


shared = Memory(SHARED_MIB, WAIT_SECONDS)
