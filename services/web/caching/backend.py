"""The cache backend: django-redis with exact read counts and a circuit breaker.

Every read of a key counts once, by key family and view, as a hit, a miss, a bypass (the breaker skipped
Redis) or an error. The counters of django-prometheus are wrong here: they ignore `get_many`, count a stored
None as a miss, and count `get_or_set` twice.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar, cast

from django.core.cache import cache as proxy
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis import cache as django_redis
from redis.exceptions import RedisError

from caching.circuit_breaker import CircuitBreaker
from caching.read_counts import BYPASS, ERROR, HIT, MISS, count
from observability.metrics import OTHER

LOCK_SECONDS = 5  # Lifetime of a lock whose holder died.
WAIT_SECONDS = 0.5  # Longest wait for a value that another caller computes.
POLL_SECONDS = 0.01

log = logging.getLogger(__name__)

_MISSING = object()
# One breaker for each server, shared by the threads: Django creates a cache object for each thread.
_breakers: dict[str, CircuitBreaker] = {}

Result = TypeVar("Result")


def _guarded(name: str) -> Callable[..., Any]:
    """Return the method of django-redis behind the circuit breaker. It returns None when Redis fails."""
    call = getattr(django_redis.RedisCache, name)
    return lambda self, *args, **kwargs: self._write(call, self, *args, **kwargs)


class RedisCache(django_redis.RedisCache):  # type: ignore[misc]  # django-redis has no types
    """A Redis cache that does not raise when Redis fails: reads find nothing, and writes return None.

    `OPTIONS["FAMILIES"]` lists the key families. The family of a key is its part before the first colon. A
    family that is not listed counts as "other", so keys cannot create new label values.
    """

    add, set, delete, delete_many, has_key, ttl = map(
        _guarded, ("add", "set", "delete", "delete_many", "has_key", "ttl")
    )

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._ignore_exceptions = False  # `_call` catches and counts the errors.
        self.breaker = _breakers.setdefault(str(server), CircuitBreaker("Redis"))
        self._families = frozenset(params.get("OPTIONS", {}).get("FAMILIES", ()))

    def family(self, key: str) -> str:
        name = str(key).partition(":")[0]
        return name if name in self._families else OTHER

    def get(self, key: str, default: Any = None, version: int | None = None, client: Any = None) -> Any:
        found, result = self._read(key, version, client)
        count(self.family(key), result)
        return default if found is _MISSING else found

    def peek(self, key: str) -> Any:
        """Return the value of a key, or None, without counting the read: for values that no page shows."""
        found, _ = self._read(key, None, None)
        return None if found is _MISSING else found

    def get_many(
        self,
        keys: Iterable[str],
        version: int | None = None,
        *,
        current: Callable[[dict[str, Any]], dict[str, Any]] = lambda found: found,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Like Django's. `current` returns the values that are of use; the others count as misses."""
        keys = list(keys)
        values, failure = self._try_read(super().get_many, keys, version=version, **kwargs)
        found: dict[str, Any] = {} if failure else current(values)
        for key in keys:
            count(self.family(key), failure or (HIT if key in found else MISS))
        return found

    def get_or_set(
        self, key: str, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """Like Django's, but of several concurrent callers only one computes the value.

        The others wait for it for up to WAIT_SECONDS, and then compute it themselves.
        """
        found = self.get(key, _MISSING, version=version)
        if found is not _MISSING:
            return found
        lock = f"lock:{key}"
        locked = self.add(lock, 1, LOCK_SECONDS, version=version)
        if locked is False and (found := self._wait_for(key, version)) is not _MISSING:
            return found
        # This caller has the lock, or Redis failed (None), or the holder of the lock took too long.
        try:
            made = default() if callable(default) else default
            self.set(key, made, timeout, version=version)
        finally:
            if locked:
                self.delete(lock, version=version)
        return made

    def _wait_for(self, key: str, version: int | None) -> Any:
        """Wait for the value that another caller computes. `get_or_set` has counted the read already."""
        give_up = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < give_up:
            found, result = self._read(key, version, None)
            if result != MISS:
                return found
            time.sleep(POLL_SECONDS)
        return _MISSING

    def delete_and_publish(self, keys: Collection[str], channels: Iterable[str], text: str) -> int | None:
        """Delete keys, then publish a text on channels, in one round trip.

        Return the number of receivers of the text, or None when Redis failed.
        """
        commands = [("DEL", *map(self.client.make_key, keys))] if keys else []
        commands += [("PUBLISH", channel, text) for channel in channels]
        answers = self._write(self._round_trip, commands)
        return None if answers is None else sum(answers[bool(keys) :])

    def count_in_windows(
        self, key: str, window: int, seconds: int, amount: int = 1
    ) -> tuple[int, int] | None:
        """Add `amount` to the count of `window`. Return the counts of both windows, or None."""
        before, now = [f"{self.key_prefix}:limit:{key}:{number}" for number in (window - 1, window)]
        commands = [("GET", before), ("INCRBY", now, amount), ("EXPIRE", now, 2 * seconds)]
        counts = self._write(self._round_trip, commands)
        return None if counts is None else (int(counts[0] or 0), counts[1])

    def _round_trip(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Return the answers to commands. The pipeline of redis-py takes a third longer."""
        pool = self.client.get_client(write=True).connection_pool
        connection = pool.get_connection()

        def exchange() -> list[Any]:
            connection.send_packed_command(connection.pack_commands(commands))
            return [connection.read_response() for _ in commands]

        try:
            answers: list[Any] = connection.retry.call_with_retry(exchange, lambda _: connection.disconnect())
        except BaseException:
            connection.disconnect()  # The next caller must not read answers to these commands.
            raise
        finally:
            pool.release(connection)
        return answers

    def _read(self, key: str, version: int | None, client: Any) -> tuple[Any, str]:
        found, failure = self._try_read(super().get, key, default=_MISSING, version=version, client=client)
        if failure:
            return _MISSING, failure
        return found, MISS if found is _MISSING else HIT

    def _try_read(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
        try:
            return self._call(call, *args, **kwargs)
        except ValueError as error:
            # Damaged, or written by another program. The caller computes the value again and overwrites it.
            log.warning("A value in Redis cannot be read: %s", error)
            return None, ERROR

    def _write(self, call: Callable[..., Result], *args: Any, **kwargs: Any) -> Result | None:
        done, failure = self._call(call, *args, **kwargs)
        return None if failure else done

    def _call(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
        """Return the result of Redis and None; on failure None and the reason, BYPASS or ERROR."""
        if not self.breaker.lets_through():
            return None, BYPASS
        try:
            answer = call(*args, **kwargs)
        except (RedisError, OSError) as error:
            self.breaker.failed(error)
            return None, ERROR
        self.breaker.succeeded()
        return answer, None


# The default cache with its type. Django creates a cache object for each thread.
cache = cast(RedisCache, proxy)
