"""The cache backend: django-redis, counted truly, and out of the way while Redis cannot be reached.

Every read of a key counts once, by key family and view, as a hit, a miss, a bypass (Redis was not asked) or
an error. What django-prometheus counts misleads: it sees no `get_many`, takes a stored None for a miss, and
counts `get_or_set` twice.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis import cache, pool
from redis.exceptions import RedisError

from observability import metrics
from observability.breaker import Breaker
from observability.metrics import OTHER

HIT, MISS, BYPASS, ERROR = RESULTS = ("hit", "miss", "bypass", "error")
LOCK_SECONDS = 5  # After which a lock is lost whose holder died.
WAIT_SECONDS = 0.5  # For a value that somebody else is making.
POLL_SECONDS = 0.01

# Set for each request by the middleware; part of the counts.
current_view: ContextVar[str] = ContextVar("current_view", default=OTHER)
log = logging.getLogger(__name__)

_MISSING = object()
_FAILED = object()
# One for each server: Django makes a cache object for each thread.
_breakers: dict[str, Breaker] = {}
# The counters by what they count: looking one up by its labels takes as long as counting.
_counters: dict[tuple[str, str, str], Callable[[float], None]] = {}


@metrics.harmless
def count(family: str, result: str) -> None:
    """Count the read of a key of a family."""
    what = (family, current_view.get(), result)
    increment = _counters.get(what)
    if increment is None:
        increment = _counters[what] = metrics.incrementer(metrics.CACHE_REQUESTS.labels(*what))
    increment(1)


def counts() -> dict[tuple[str, str, str], int]:
    """How often this worker read, or those before it in its slot, by family, view and result."""
    return {
        (sample.labels["family"], sample.labels["view"], sample.labels["result"]): int(sample.value)
        for metric in metrics.CACHE_REQUESTS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


class ConnectionFactory(pool.ConnectionFactory):
    """One pool for each set of options: django-redis gives a second alias the time-outs of the first."""

    def get_or_create_connection_pool(self, params: dict[str, Any]) -> Any:
        key = repr((sorted(params.items(), key=lambda item: item[0]), self.options))
        if key not in self._pools:
            self._pools[key] = self.get_connection_pool(params)
        return self._pools[key]

    @classmethod
    def connections(cls) -> tuple[int, int]:
        """How many this process has in use, and how many that wait to be used."""
        pools = list(cls._pools.values())
        return (
            sum(len(pool._in_use_connections) for pool in pools),
            sum(len(pool._available_connections) for pool in pools),
        )


class RedisCache(cache.RedisCache):
    """What callers meet when Redis fails: reads find nothing, and writes return None.

    `OPTIONS["FAMILIES"]` names the families: a key's is what stands before its first colon. What is not
    named counts as "other", so that no key can make up a family.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._ignore_exceptions = False  # They pass through `_ask`, which counts them.
        self.breaker = _breakers.setdefault(str(server), Breaker("Redis"))
        self._families = frozenset(params.get("OPTIONS", {}).get("FAMILIES", ()))

    def family(self, key: str) -> str:
        name = str(key).partition(":")[0]
        return name if name in self._families else OTHER

    def get(self, key: str, default: Any = None, version: int | None = None, client: Any = None) -> Any:
        found, result = self._read(key, version, client)
        count(self.family(key), result)
        return default if found is _MISSING else found

    def get_many(self, keys: Iterable[str], version: int | None = None, **kwargs: Any) -> dict:
        keys = list(keys)
        found, failure = self._look(super().get_many, keys, version=version, **kwargs)
        if failure:
            found = {}
        for key in keys:
            count(self.family(key), failure or (HIT if key in found else MISS))
        return found

    def get_or_set(
        self, key: str, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """As Django's; of many who ask at once one makes the value, and the others wait for it a moment."""
        found = self.get(key, _MISSING, version=version)
        if found is not _MISSING:
            return found
        lock = f"lock:{key}"
        locked = self.add(lock, 1, LOCK_SECONDS, version=version)
        if locked is False and (found := self._wait_for(key, version)) is not _MISSING:
            return found
        # Ours to make; or nobody can be asked (None), or who began has not come to an end.
        try:
            made = default() if callable(default) else default
            self.set(key, made, timeout, version=version)
        finally:
            if locked:
                self.delete(lock, version=version)
        return made

    def _wait_for(self, key: str, version: int | None) -> Any:
        """What somebody else is making. These reads are not counted: the request was, above."""
        give_up = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < give_up:
            found, result = self._read(key, version, None)
            if result != MISS:
                return found
            time.sleep(POLL_SECONDS)
        return _MISSING

    def set(self, *args: Any, **kwargs: Any) -> bool | None:
        return self._write(super().set, *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> list | None:
        """As Django's, which returns the keys that were not stored: none. None when Redis failed."""
        _, failure = self._ask(super().set_many, *args, **kwargs)
        return None if failure else []

    def add(self, *args: Any, **kwargs: Any) -> bool | None:
        return self._write(super().add, *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> int | None:
        return self._write(super().incr, *args, **kwargs)

    def decr(self, *args: Any, **kwargs: Any) -> int | None:
        return self._write(super().decr, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool | None:
        return self._write(super().touch, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> bool | None:
        return self._write(super().delete, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> int | None:
        return self._write(super().delete_many, *args, **kwargs)

    def ttl(self, *args: Any, **kwargs: Any) -> int | None:
        return self._write(super().ttl, *args, **kwargs)

    def publish(self, channel: str, text: str) -> int | None:
        """How many listen on `channel`."""
        return self._write(lambda: self.client.get_client(write=True).publish(channel, text))

    def delete_and_publish(self, keys: Iterable[str], channel: str, text: str) -> int | None:
        """Delete keys, then publish, in one round trip. Returns as `publish`; None when Redis failed."""
        names = [self.client.make_key(key) for key in keys]

        def ask() -> int:
            with self.client.get_client(write=True).pipeline(transaction=False) as pipe:
                return pipe.delete(*names).publish(channel, text).execute()[1]

        return self._write(ask)

    def count_in_windows(
        self, key: str, window: int, seconds: int, amount: int = 1
    ) -> tuple[int, int] | None:
        """Count `amount` in `window`; return the counts of the window before and of this one.

        None without Redis.
        """
        names = [f"{self.key_prefix}:limit:{key}:{number}" for number in (window - 1, window)]

        def ask() -> tuple[int, int]:
            with self.client.get_client(write=True).pipeline(transaction=False) as pipe:
                previous, current, _ = (
                    pipe.get(names[0]).incrby(names[1], amount).expire(names[1], 2 * seconds).execute()
                )
            return int(previous or 0), current

        return self._write(ask)

    def uncount_in_window(self, key: str, window: int) -> int | None:
        """Take back one count."""
        name = f"{self.key_prefix}:limit:{key}:{window}"
        return self._write(lambda: self.client.get_client(write=True).decr(name))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._write(super().has_key, *args, **kwargs))

    def _read(self, key: str, version: int | None, client: Any) -> tuple[Any, str]:
        found, failure = self._look(super().get, key, default=_MISSING, version=version, client=client)
        if failure:
            return _MISSING, failure
        return found, MISS if found is _MISSING else HIT

    def _look(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
        try:
            return self._ask(call, *args, **kwargs)
        except ValueError as error:
            # Damaged, or not ours. Whoever asked makes the value anew, and so mends it.
            log.warning("A value in Redis cannot be read: %s", error)
            return None, ERROR

    def _write(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        done, failure = self._ask(call, *args, **kwargs)
        return None if failure else done

    def _ask(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
        """What Redis answered; or None, and whether it was not asked or failed."""
        if not self.breaker.lets_through():
            return None, BYPASS
        try:
            answer = call(*args, **kwargs)
        except (RedisError, OSError) as error:
            self.breaker.failed(error)
            return None, ERROR
        self.breaker.succeeded()
        return answer, None
