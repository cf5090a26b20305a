"""Password hashes with OWASP's minimum parameters for Argon2id, which wait for the memory that they need."""

import argon2
from django.contrib.auth import hashers

from caching import memory


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane.

    Older hashes are verified with their own parameters and then replaced.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with memory.shared.taken(_mib(self.memory_cost)):
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with memory.shared.taken(_mib(_cost_of(encoded))):
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
