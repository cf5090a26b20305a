"""What a worker of gunicorn says of itself: that it is there, its threads, its connections, its backlog."""

import logging
import threading
import time
from typing import Any

from django.conf import settings

from observability import budgets, metrics, slots
from observability.cache import ConnectionFactory

EVERY = 5.0  # Seconds between two looks; Prometheus looks less often.

log = logging.getLogger(__name__)


def begin(worker: Any) -> None:
    """Call it in a worker that is about to answer requests. `worker` is gunicorn's."""
    metrics.BUILD_INFO.labels(settings.RELEASE).set(1)
    metrics.WORKERS.set(1)
    metrics.THREADS.set(getattr(worker.cfg, "threads", 1))
    metrics.BOOTS.inc()
    budgets.tell()
    if slots.folder():
        threading.Thread(target=_go_on, args=[worker.sockets], name="gauges", daemon=True).start()


def _go_on(sockets: list[Any]) -> None:
    while True:
        look(sockets)
        time.sleep(EVERY)


@metrics.harmless
def look(sockets: list[Any]) -> None:
    # Linux tells it for TCP only; the workers of one gunicorn share what waits.
    metrics.BACKLOG.set(
        max((backlog for listener in sockets if (backlog := _waiting(listener)) > 0), default=0)
    )
    in_use, idle = ConnectionFactory.connections()
    metrics.REDIS_CONNECTIONS.labels("in_use").set(in_use)
    metrics.REDIS_CONNECTIONS.labels("idle").set(idle)


def _waiting(listener: Any) -> int:
    return listener.get_backlog() if listener.sock else 0
