"""Every metric of Bobbin's own. docs/operations.md lists them with their meaning; a test compares.

Labels come from closed sets: names of views, families of keys, words of ours. Never a path, an id or a text
that somebody else chose. Each gauge says how the values of several processes become one: the `live` ones end
with their process. Short descriptions: each is written once for each series.

Imports nothing of Django, like the metrics process.
"""

import functools
import logging
import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from observability import slots

OTHER = "other"  # Of a label: what is not in its set.
LOG_EVERY = 60.0  # Seconds between two log lines about metrics that fail, in one process.

log = logging.getLogger(__name__)
slots.take("command")  # Whoever has taken one before keeps it: a worker of gunicorn.

# --- Requests -------------------------------------------------------------------------------------
BUILD_INFO = Gauge(
    "bobbin_build_info", "1, for the release that runs", ["release"], multiprocess_mode="livemax"
)
REQUESTS = Counter("bobbin_http_requests_total", "Requests answered", ["view", "method", "status"])
SECONDS = Histogram(
    "bobbin_http_request_seconds",
    "Time to answer a request",
    ["view"],
    # 0.25 is the objective: its edge must stay.
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_PROGRESS = Gauge("bobbin_requests_in_progress", "Requests being answered", multiprocess_mode="livesum")

# --- Queries --------------------------------------------------------------------------------------
QUERIES = Histogram(
    "bobbin_request_db_queries",
    "Queries a request",
    ["view"],
    buckets=(0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 20, 34, 55, 100, 300),
)
DB_SECONDS = Histogram(
    "bobbin_request_db_seconds",
    "Time in the database a request",
    ["view"],
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
BUDGET = Gauge("bobbin_query_budget", "Queries allowed a request", ["view"], multiprocess_mode="livemax")
EXCEEDED = Counter("bobbin_query_budget_exceeded_total", "Requests over their budget", ["view"])
REPEATED = Counter("bobbin_repeated_queries_total", "Requests that repeat one query", ["view"])
DB_OPEN = Gauge("bobbin_db_connections_open", "Connections to PostgreSQL", multiprocess_mode="livesum")
DB_OPENED = Counter("bobbin_db_connections_opened_total", "Connections to PostgreSQL made")

# --- The cache ------------------------------------------------------------------------------------
CACHE_REQUESTS = Counter("bobbin_cache_requests_total", "Keys read", ["family", "view", "result"])
EPOCHS_ENDED = Counter("bobbin_cache_epochs_ended_total", "Epochs that changes have ended")
EPOCH_DEBTS = Gauge(
    "bobbin_cache_epoch_debts", "Epochs that wait for Redis to be ended", multiprocess_mode="livesum"
)
BREAKER_OPEN = Gauge(
    "bobbin_cache_breaker_open", "Processes that leave Redis alone", multiprocess_mode="livesum"
)
BREAKER_OPENED = Counter("bobbin_cache_breaker_opened_total", "Times that a process began to")
REDIS_CONNECTIONS = Gauge(
    "bobbin_redis_connections", "Connections to Redis", ["state"], multiprocess_mode="livesum"
)
CANARY_ROUNDS = Counter("bobbin_cache_canary_rounds_total", "Rounds of the canary", ["result"])
ISOLATION_FAULTS = Counter("bobbin_cache_isolation_faults_total", "Pages stale or somebody else's")

# --- Messages -------------------------------------------------------------------------------------
SIGNALS = Counter("bobbin_signals_total", "Calls of receivers", ["receiver", "outcome"])
SENT = Counter("bobbin_messages_sent_total", "Messages committed", ["kind"])
EDITED = Counter("bobbin_messages_edited_total", "Edits committed")
NOTIFIED = Counter("bobbin_notifications_created_total", "Notifications committed")
ERASED = Counter("bobbin_erasures_total", "Accounts erased")
IMPORT_LINES = Counter("bobbin_import_lines_total", "Lines of imports", ["result"])
DRIFT = Gauge(
    "bobbin_unread_drift_participants", "Wrong unread counters found", multiprocess_mode="mostrecent"
)
DRIFT_SAMPLED = Gauge(
    "bobbin_unread_drift_sampled", "Unread counters compared", multiprocess_mode="mostrecent"
)
DRIFT_CHECKED = Gauge(
    "bobbin_unread_drift_checked_timestamp_seconds", "When they were", multiprocess_mode="mostrecent"
)

# --- gunicorn -------------------------------------------------------------------------------------
WORKERS = Gauge("bobbin_gunicorn_workers", "Workers that answer", multiprocess_mode="livesum")
THREADS = Gauge("bobbin_gunicorn_threads", "Threads that answer", multiprocess_mode="livesum")
BACKLOG = Gauge("bobbin_gunicorn_backlog", "Connections not accepted yet", multiprocess_mode="livemax")
BOOTS = Counter("bobbin_gunicorn_worker_boots_total", "Workers started")

# --- Live updates ---------------------------------------------------------------------------------
STREAMS_OPEN = Gauge("bobbin_event_streams_open", "Streams that are open", multiprocess_mode="livesum")
STREAMS = Counter("bobbin_event_streams_total", "Streams asked for", ["result"])
EVENTS = Counter("bobbin_events_sent_total", "Notices put into streams")

# What can be named beforehand is there from the start, at 0: otherwise nobody would see it rise to 1.
KINDS = ("message", "reply", "imported")
ROUNDS = ("fine", "faulty", "unchecked")
LINES = ("added", "already_there", "skipped")
CONNECTION_STATES = ("in_use", "idle")
STREAM_RESULTS = ("opened", "nobody", "too_many", "unavailable")
for _counter, _names in [
    (SENT, KINDS),
    (CANARY_ROUNDS, ROUNDS),
    (IMPORT_LINES, LINES),
    (STREAMS, STREAM_RESULTS),
]:
    for _name in _names:
        _counter.labels(_name)


# --- The metrics process, of its own work ---------------------------------------------------------
FILES = "bobbin_metrics_files"
BYTES = "bobbin_metrics_bytes"
COLLECT_SECONDS = "bobbin_metrics_collect_seconds"
OF_THE_METRICS_PROCESS = {
    FILES: "Files of the processes",
    BYTES: "Bytes of these files",
    COLLECT_SECONDS: "Time to add them up",
}


def catalog() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels of every metric of ours, by the name that Prometheus knows it by."""
    found = {}
    for metric in globals().values():
        if isinstance(metric, MetricWrapperBase):
            name = f"{metric._name}_total" if metric._type == "counter" else metric._name
            found[name] = (str(metric._type), tuple(metric._labelnames))
    return found | dict.fromkeys(OF_THE_METRICS_PROCESS, ("gauge", ()))


# --- Counting, often ------------------------------------------------------------------------------
# What each request changes, it changes by these. prometheus_client's own look each time whether there is
# something to change, and go through the buckets one by one: measured, that takes longer than the change.
def incrementer(counter: Counter | Gauge) -> Callable[[float], None]:
    """What changes this counter, or gauge, of certain labels by an amount."""
    return counter._value.inc


def observer(histogram: Histogram) -> Callable[[float], None]:
    """What puts a value into this histogram of certain labels."""
    total, edges = histogram._sum.inc, histogram._upper_bounds
    buckets = [bucket.inc for bucket in histogram._buckets]

    def observe(amount: float) -> None:
        total(amount)
        buckets[bisect_left(edges, amount)](1)

    return observe


# --- Failures -------------------------------------------------------------------------------------
def harmless(count: Callable[..., Any]) -> Callable[..., None]:
    """What counts must not break what it counts: an error is logged, once a minute."""
    logged = -LOG_EVERY

    @functools.wraps(count)
    def tried(*args: Any, **kwargs: Any) -> None:
        nonlocal logged
        try:
            count(*args, **kwargs)
        except Exception:
            if time.monotonic() - logged >= LOG_EVERY:
                logged = time.monotonic()
                log.exception("%s failed: the metrics lack it.", count.__qualname__)

    return tried
