"""Metrics of a gunicorn worker: its threads, its connections to Redis, the backlog of its sockets.

Results that short-lived commands leave for the metrics are shown by the same thread.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.conf import settings

from observability import budgets, metrics
from observability.worker_metrics import worker_ids

EVERY = 5.0  # Seconds between two samples; Prometheus scrapes less often.

log = logging.getLogger(__name__)


def begin(
    worker: Any, redis_connections: Callable[[], tuple[int, int]], *samplers: Callable[[], None]
) -> None:
    """Publish the metrics of a worker before it serves requests. `worker` is the worker object of gunicorn.

    `redis_connections` returns the number of connections that this process has in use, and of idle ones.
    `samplers` set other metrics, are called as often, and raise nothing.
    """
    metrics.BUILD_INFO.labels(settings.RELEASE).set(1)
    metrics.WORKERS.set(1)
    metrics.THREADS.set(getattr(worker.cfg, "threads", 1))
    metrics.BOOTS.inc()
    budgets.publish_budgets()
    if worker_ids.folder():
        calls = (partial(sample, worker.sockets, redis_connections), *samplers)
        threading.Thread(target=_go_on, args=[calls], name="gauges", daemon=True).start()


def _go_on(calls: Iterable[Callable[[], None]]) -> None:
    while True:
        for call in calls:
            call()
        time.sleep(EVERY)


@metrics.suppress_errors
def sample(sockets: list[Any], redis_connections: Callable[[], tuple[int, int]]) -> None:
    # Linux reports the backlog for TCP only. All workers of one gunicorn share it.
    metrics.BACKLOG.set(
        max((backlog for listener in sockets if (backlog := _waiting(listener)) > 0), default=0)
    )
    in_use, idle = redis_connections()
    metrics.REDIS_CONNECTIONS.labels("in_use").set(in_use)
    metrics.REDIS_CONNECTIONS.labels("idle").set(idle)


def _waiting(listener: Any) -> int:
    return listener.get_backlog() if listener.sock else 0
