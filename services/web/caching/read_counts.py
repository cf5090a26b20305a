"""Counts of cache key reads, by key family, view and result."""

from collections.abc import Callable
from functools import cache

from observability import metrics
from observability.budgets import current_view
from observability.worker_metrics.counting import incrementer

HIT, MISS, BYPASS, ERROR = RESULTS = ("hit", "miss", "bypass", "error")


@metrics.suppress_errors
def count(family: str, result: str) -> None:
    """Count one read of a key of this family, for the current view."""
    _counter(family, current_view.get(), result)(1)


@cache  # Looking up a counter by its labels takes as long as incrementing it.
def _counter(*labels: str) -> Callable[[float], None]:
    return incrementer(metrics.CACHE_REQUESTS.labels(*labels))


def counts() -> dict[tuple[str, str, str], int]:
    """Return the number of reads by (family, view, result), of this worker id since gunicorn started."""
    return {
        (sample.labels["family"], sample.labels["view"], sample.labels["result"]): int(sample.value)
        for metric in metrics.CACHE_REQUESTS.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
