"""Password hashes: OWASP's minimum for Argon2id, within a bound of memory for each process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from django.contrib.auth import hashers

# MiB that the hashes of one process may use at once: one of a member who has the old figures (Django's, 100
# MiB) until the next log-in, or five of today's. gunicorn.conf.py counts with it.
HASH_MIB = 100
WAIT_SECONDS = 20.0  # Shorter than gunicorn and nginx wait.


class TooManyHashes(Exception):
    """Other passwords kept the process busy for `WAIT_SECONDS`. Answered with 503 and Retry-After."""


class Memory:
    """A weighted semaphore: at most `most` units are in use; who does not get them in time is refused."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._free = most
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, units: int) -> Iterator[None]:
        """Hold `units` while the block runs; more than there are count as all of them."""
        units = min(units, self.most)
        until = time.monotonic() + self.seconds
        # One waits for room at a time: small requests must not overtake a large one for ever.
        if not self._turn.acquire(timeout=self.seconds):
            raise TooManyHashes
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: self._free >= units, until - time.monotonic()):
                    raise TooManyHashes
                self._free -= units
        finally:
            self._turn.release()
        try:
            yield
        finally:
            with self._changed:
                self._free += units
                self._changed.notify_all()


memory = Memory(HASH_MIB, WAIT_SECONDS)


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane. Older hashes are verified at their cost, and replaced."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with memory.taken(_mib(self.memory_cost)):
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with memory.taken(_mib(_cost_of(encoded))):
            return super().verify(password, encoded)


def _cost_of(encoded: str) -> int:
    """KiB that verifying this hash takes."""
    _, _, rest = encoded.partition("$")
    try:
        return argon2.extract_parameters(f"${rest}").memory_cost
    except argon2.exceptions.InvalidHashError:
        return 0  # Refused before anything is computed.


def _mib(kib: int) -> int:
    return -(-kib // 1024)
