"""Cursors that count statements into django-prometheus' metrics (django_db_*).

Its own cursors refuse `executemany` with a generator, leave out server-side cursors (`QuerySet.iterator()`),
and look their metrics up at each statement, which takes longer than to count.
"""

import functools
import time
from collections.abc import Iterable
from typing import Any

from django_prometheus import db as theirs

from observability import metrics


@functools.cache
def counting(cursor_class: Any, alias: str, vendor: str) -> type:
    """The class of cursors, made to count as those of the database `alias`."""
    statements = metrics.incrementer(theirs.execute_total.labels(alias, vendor))
    many = metrics.incrementer(theirs.execute_many_total.labels(alias, vendor))
    observe = metrics.observer(theirs.query_duration_seconds.labels(alias, vendor))

    @metrics.harmless
    def count(rows: int, began: float) -> None:
        observe(time.perf_counter() - began)
        statements(rows)

    @metrics.harmless
    def count_error(error: BaseException) -> None:
        theirs.errors_total.labels(alias, vendor, type(error).__name__).inc()

    class CountingCursor(cursor_class):
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return super().execute(*args, **kwargs)
            except Exception as error:
                count_error(error)
                raise
            finally:
                count(1, began)

        def executemany(self, query: Any, params_seq: Iterable[Any], **kwargs: Any) -> Any:
            rows = list(params_seq)
            began = time.perf_counter()
            try:
                return super().executemany(query, rows, **kwargs)
            except Exception as error:
                count_error(error)
                raise
            finally:
                count(len(rows), began)
                many(len(rows))

    return CountingCursor
