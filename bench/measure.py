"""Measures several ways to do the same work. Each round runs every way, so that noise affects all of them."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from tqdm import tqdm

from bench import raw
from bench.targets import Target


class DifferentContentError(Exception):
    """A way returned other content than the limit, so its time is meaningless."""


@dataclass(frozen=True)
class Way:
    """One way to do the work. Only `run` is timed; `content` converts its result for the comparison."""

    name: str
    run: Callable[[], Any]
    content: Callable[[Any], Any] = lambda result: result
    before: Callable[[], Any] = lambda: None  # Prepares one run; not timed.
    after: Callable[[], Any] = lambda: None  # Undoes one run; not timed.
    # The time that another process measured, from the result.
    seconds: Callable[[Any], float] | None = None


@dataclass
class Workload:
    """The same work in several ways. The first way is the limit, the second is that of Bobbin."""

    title: str
    ways: list[Way]
    rounds: int = 30
    targets: Sequence[Target] = ()


@dataclass
class Figure:
    """The seconds of each round, and the number of queries of one run."""

    seconds: list[float] = field(default_factory=list)
    queries: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


def measure(workload: Workload, rounds: int | None = None) -> dict[str, Figure]:
    """Check that all ways return the same content, then time them in a random order in each round."""
    figures = {way.name: Figure(queries=_check(way, workload.ways[0])) for way in workload.ways}
    order = random.Random(0)
    for _ in tqdm(range(rounds or workload.rounds), desc=workload.title, unit="round", leave=False):
        for way in order.sample(workload.ways, len(workload.ways)):
            figures[way.name].seconds.append(time_once(way))
    return figures


def time_once(way: Way) -> float:
    way.before()
    began = time.perf_counter()
    result = way.run()
    took = time.perf_counter() - began
    way.after()
    return way.seconds(result) if way.seconds else took


def _check(way: Way, limit: Way) -> int:
    """Run a way twice to warm it up, compare its content, and return its number of queries."""
    for _ in range(2):
        found, queries = _run(way)
    if found != _run(limit)[0]:
        raise DifferentContentError(f"{way.name!r} returned other content than {limit.name!r}.")
    return queries


def _run(way: Way) -> tuple[Any, int]:
    """Return the comparable content of a run and the number of its queries."""
    way.before()
    try:
        past_django = raw.statement_count()
        with _queries() as made:
            result = way.run()
        queries = len(made) + raw.statement_count() - past_django
        return way.content(result), queries
    finally:
        way.after()


@contextmanager
def _queries() -> Iterator[list[str]]:
    made: list[str] = []

    def note(execute, sql, params, many, context):
        made.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield made
