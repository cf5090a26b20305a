"""Password hashes with OWASP's minimum parameters for Argon2id, and a memory limit for each process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from django.contrib.auth import hashers

# MiB that the hashes of one process may use at the same time: one hash with Django's parameters (100 MiB), or
# five with ours. A user keeps Django's parameters until the next log-in. gunicorn.conf.py has the same value.
HASH_MIB = 100
WAIT_SECONDS = 20.0  # Shorter than the timeouts of gunicorn and nginx.


class TooManyHashes(Exception):
    """Other hashes used the memory for `WAIT_SECONDS`. The response is 503 with Retry-After."""


class Memory:
    """A weighted semaphore with `most` units. Waiting for longer than `seconds` raises TooManyHashes."""

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
        # Only one thread at a time waits for free units. Otherwise small hashes could delay a large one for
        # an unlimited time.
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
    """Argon2id with 19 MiB, two passes, one lane.

    Older hashes are verified with their own parameters and then replaced.
    """

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
    """Return the memory in KiB that the verification of this hash needs."""
    _, _, rest = encoded.partition("$")
    try:
        return argon2.extract_parameters(f"${rest}").memory_cost
    except argon2.exceptions.InvalidHashError:
        return 0  # The verification fails before it allocates memory.


def _mib(kib: int) -> int:
    return -(-kib // 1024)
