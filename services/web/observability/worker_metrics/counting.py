"""Fast counting, for code that runs in each request.

The methods of prometheus_client check each time whether the metric can be changed, and search the buckets
linearly. Measured, that takes longer than the change (docs/decisions/0028-worker-metrics.md).
"""

from bisect import bisect_left
from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram


def incrementer(counter: Counter | Gauge) -> Callable[[float], None]:
    """Return a function that adds an amount to this counter or gauge, whose labels must be set."""
    increment: Callable[[float], None] = counter._value.inc
    return increment


def observer(histogram: Histogram) -> Callable[[float], None]:
    """Return a function that adds an observation to this histogram, whose labels must be set."""
    total, edges = histogram._sum.inc, histogram._upper_bounds
    buckets = [bucket.inc for bucket in histogram._buckets]

    def observe(amount: float) -> None:
        total(amount)
        buckets[bisect_left(edges, amount)](1)

    return observe
