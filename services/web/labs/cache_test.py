"""The experiment of the cache test page: it reads a number through the cache twice and times both reads."""

import time
from collections import Counter, defaultdict
from typing import NamedTuple

from caching.backend import cache
from caching.generations import generation_of
from caching.read_counts import counts

VERSION = 2  # Raise it when the shape of the stored value changes.
TEST_SECONDS = 60


class Read(NamedTuple):
    what: str
    result: str  # "miss", "hit", or "bypass" when the cache could not be used.
    milliseconds: float


class Experiment(NamedTuple):
    generation: str | None  # None while Redis cannot be reached.
    reads: list[Read]
    number: int  # The result of the second read.
    seconds_left: int | None  # Until the stored value expires.


def read_twice(user_id: int, number: int) -> Experiment:
    """Read `number` through the cache twice. The first read may be a miss, the second should be a hit."""
    began = time.perf_counter()
    generation = generation_of(user_id)
    reads = [Read("The generation", "hit" if generation else "bypass", _since(began))]
    key, found = f"test:{VERSION}:{user_id}:{generation}", number
    for what in ("The number", "The number again"):
        began = time.perf_counter()
        stored: int | None = cache.get(key) if generation else None
        if generation and stored is None:
            cache.set(key, number, TEST_SECONDS)
        found = number if stored is None else stored
        result = "bypass" if generation is None else "miss" if stored is None else "hit"
        reads.append(Read(what, result, _since(began)))
    # Without a stored value, or when Redis failed, `ttl` returns 0 or None.
    return Experiment(generation, reads, found, (cache.ttl(key) or None) if generation else None)


def counts_by_family() -> dict[str, Counter[str]]:
    """Return the number of cache reads of this worker since it started, by key family and result."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (family, _, result), number in counts().items():
        found[family][result] += number
    return dict(sorted(found.items()))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
