"""The experiment of the cache test page: a number is read through the cache, twice, and timed."""

import time
from collections import defaultdict
from typing import NamedTuple

from chats import cache
from observability.cache import RESULTS, counts


class Look(NamedTuple):
    what: str
    result: str  # "miss", "hit", or "bypass" when the cache could not be used.
    milliseconds: float


class Experiment(NamedTuple):
    epoch: str | None  # None while Redis cannot be reached.
    looks: list[Look]
    number: int  # What the second look found.
    seconds_left: int | None  # Until what is stored is forgotten.


class Family(NamedTuple):
    name: str
    numbers: list[int]  # In the order of RESULTS.
    ratio: float | None  # Hits among hits and misses, in percent.


def look_twice(user_id: int, number: int) -> Experiment:
    """Read `number` through the cache: the first look may have to make it, the second finds it."""
    began = time.perf_counter()
    epoch = cache.epoch_of(user_id)
    looks = [Look("The epoch, before anything else is read", "hit" if epoch else "bypass", _since(began))]
    found = number
    for what in ("The first look", "The second look"):
        began = time.perf_counter()
        stored = cache.load_test(user_id, epoch) if epoch else None
        if stored is None:
            found = number
            if epoch:
                cache.store_test(user_id, epoch, number)
        else:
            found = stored
        result = "bypass" if epoch is None else "miss" if stored is None else "hit"
        looks.append(Look(what, result, _since(began)))
    return Experiment(epoch, looks, found, cache.seconds_left_of_test(user_id, epoch) if epoch else None)


def counts_by_family() -> list[Family]:
    """What this worker's cache was asked since it began."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (family, _, result), number in counts().items():
        found[family][result] = found[family].get(result, 0) + number
    return [_family(name, found[name]) for name in sorted(found)]


def _family(name: str, found: dict[str, int]) -> Family:
    numbers = [found.get(result, 0) for result in RESULTS]
    asked = numbers[0] + numbers[1]
    return Family(name, numbers, 100 * numbers[0] / asked if asked else None)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
