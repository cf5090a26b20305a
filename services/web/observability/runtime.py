"""Metrics of a gunicorn worker: its threads, its connections to Redis, the backlog of its sockets.

Results that short-lived commands leave for the metrics are shown by the same thread.
"""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django_redis.pool import ConnectionFactory

from observability import budgets, metrics
from observability.worker_metrics import worker_ids

EVERY = 5.0  # Seconds between two samples; Prometheus scrapes less often.


def begin(worker: Any, *samplers: Callable[[], None]) -> None:
    """Publish the metrics of a worker before it serves requests. `worker` is the worker object of gunicorn.

    `samplers` set other metrics, are called as often, and raise nothing.
    """
    metrics.BUILD_INFO.labels(settings.RELEASE).set(1)
    metrics.WORKERS.set(1)
    metrics.THREADS.set(getattr(worker.cfg, "threads", 1))
    metrics.BOOTS.inc()
    budgets.publish_budgets()
    if worker_ids.folder():
        calls = (partial(sample, worker.sockets), *samplers)
        threading.Thread(target=_go_on, args=[calls], name="gauges", daemon=True).start()


def _go_on(calls: Iterable[Callable[[], None]]) -> None:
    while True:
        for call in calls:
            call()
        time.sleep(EVERY)


@metrics.suppress_errors
def sample(sockets: list[Any]) -> None:
    # Linux reports the backlog for TCP only. All workers of one gunicorn share it.
    backlogs = [listener.get_backlog() for listener in sockets if listener.sock]
    metrics.BACKLOG.set(max([0, *backlogs]))
    pools = list(ConnectionFactory._pools.values())
    metrics.REDIS_CONNECTIONS.labels("in_use").set(sum(len(pool._in_use_connections) for pool in pools))
    metrics.REDIS_CONNECTIONS.labels("idle").set(sum(len(pool._available_connections) for pool in pools))
