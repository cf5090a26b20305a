"""The experiment of the cache test page: it reads a number through the cache twice and times both reads."""

import time
from collections import defaultdict
from typing import NamedTuple

from caching.backend import cache
from caching.generations import generation_of
from caching.read_counts import RESULTS, counts

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


class Family(NamedTuple):
    name: str
    numbers: list[int]  # In the order of RESULTS.
    ratio: float | None  # Hits as a percentage of hits and misses.


def read_twice(user_id: int, number: int) -> Experiment:
    """Read `number` through the cache twice. The first read may be a miss, the second should be a hit."""
    began = time.perf_counter()
    generation = generation_of(user_id)
    reads = [Read("The generation", "hit" if generation else "bypass", _since(began))]
    found = number
    for what in ("The number", "The number again"):
        began = time.perf_counter()
        stored = _load(user_id, generation) if generation else None
        if stored is None:
            found = number
            if generation:
                _store(user_id, generation, number)
        else:
            found = stored
        result = "bypass" if generation is None else "miss" if stored is None else "hit"
        reads.append(Read(what, result, _since(began)))
    return Experiment(generation, reads, found, _seconds_left(user_id, generation) if generation else None)


def counts_by_family() -> list[Family]:
    """Return the cache reads of this worker since it started, by key family."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (family, _, result), number in counts().items():
        found[family][result] = found[family].get(result, 0) + number
    return [_family(name, found[name]) for name in sorted(found)]


def _family(name: str, found: dict[str, int]) -> Family:
    numbers = [found.get(result, 0) for result in RESULTS]
    total = numbers[0] + numbers[1]
    return Family(name, numbers, 100 * numbers[0] / total if total else None)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _load(user_id: int, generation: str) -> int | None:
    stored: int | None = cache.get(_key(user_id, generation))
    return stored


def _store(user_id: int, generation: str, number: int) -> None:
    cache.set(_key(user_id, generation), number, TEST_SECONDS)


def _seconds_left(user_id: int, generation: str) -> int | None:
    """Return the seconds until the stored value expires; None without one, or when Redis failed."""
    return cache.ttl(_key(user_id, generation)) or None


def _key(user_id: int, generation: str) -> str:
    return f"test:{VERSION}:{user_id}:{generation}"
