"""Cursors that count statements in the metrics of django-prometheus (django_db_*).

The cursors of django-prometheus reject a generator in `executemany` and do not count server-side cursors
(`QuerySet.iterator()`). They also look up their metrics for each statement, which takes longer than counting.
"""

import functools
import time
from collections.abc import Callable, Iterable
from typing import Any

from django_prometheus import db as prometheus_metrics

from observability import metrics
from observability.worker_metrics.counting import incrementer, observer


@functools.cache
def counting(cursor_class: Any, alias: str, vendor: str) -> type:
    """Return a subclass of `cursor_class` that counts the statements of the database `alias`."""
    statements = incrementer(prometheus_metrics.execute_total.labels(alias, vendor))
    many = incrementer(prometheus_metrics.execute_many_total.labels(alias, vendor))
    observe = observer(prometheus_metrics.query_duration_seconds.labels(alias, vendor))

    @metrics.suppress_errors
    def count(rows: int, began: float) -> None:
        observe(time.perf_counter() - began)
        statements(rows)

    @metrics.suppress_errors
    def count_error(error: BaseException) -> None:
        prometheus_metrics.errors_total.labels(alias, vendor, type(error).__name__).inc()

    def counted(call: Callable[..., Any], rows: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        began = time.perf_counter()
        try:
            return call(*args, **kwargs)
        except Exception as error:
            count_error(error)
            raise
        finally:
            count(rows, began)

    class CountingCursor(cursor_class):  # type: ignore[misc]  # a class that the caller chooses
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            return counted(super().execute, 1, args, kwargs)

        def executemany(self, query: Any, params_seq: Iterable[Any], **kwargs: Any) -> Any:
            rows = list(params_seq)
            many(len(rows))
            return counted(super().executemany, len(rows), (query, rows), kwargs)

    return CountingCursor
