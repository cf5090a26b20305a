"""All metrics that Bobbin defines. A test compares them with the list in docs/operations.md.

Label values come from closed sets: names of views, key families, constants. They are never paths, ids or
texts from users. `multiprocess_mode` of a gauge says how the values of several processes are merged; the
values of a `live` mode end with their process. Help texts are short, because the file of a process repeats
them for each series.

This module imports nothing from Django, because the metrics process runs without it.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from observability.worker_metrics import worker_ids
from observability.worker_metrics.definitions import definition

OTHER = "other"  # The label value for everything that is not in the set.
LOG_EVERY = 60.0  # Seconds between two log lines about metrics that fail, in one process.

log = logging.getLogger(__name__)
worker_ids.acquire("command")  # In a worker of gunicorn, which has an id already, this changes nothing.

# --- Requests -------------------------------------------------------------------------------------
BUILD_INFO = Gauge(
    "bobbin_build_info", "Constant 1, labelled with the release.", ["release"], multiprocess_mode="livemax"
)
REQUESTS = Counter("bobbin_http_requests_total", "Number of requests answered.", ["view", "method", "status"])
SECONDS = Histogram(
    "bobbin_http_request_seconds",
    "Time to answer a request, in seconds.",
    ["view"],
    # 0.25 is the latency objective: this bucket must stay.
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_PROGRESS = Gauge(
    "bobbin_requests_in_progress", "Number of requests in progress.", multiprocess_mode="livesum"
)

# --- Queries --------------------------------------------------------------------------------------
QUERIES = Histogram(
    "bobbin_request_db_queries",
    "Number of database queries in one request.",
    ["view"],
    buckets=(0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 20, 34, 55, 100, 300),
)
DB_SECONDS = Histogram(
    "bobbin_request_db_seconds",
    "Time that one request spent on queries, in seconds.",
    ["view"],
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
BUDGET = Gauge(
    "bobbin_query_budget", "Number of queries that a request may make.", ["view"], multiprocess_mode="livemax"
)
EXCEEDED = Counter("bobbin_query_budget_exceeded_total", "Number of requests over budget.", ["view"])
REPEATED = Counter("bobbin_repeated_queries_total", "Number of requests that repeat a query.", ["view"])
DB_OPEN = Gauge(
    "bobbin_db_connections_open", "Number of open connections to PostgreSQL.", multiprocess_mode="livesum"
)
DB_OPENED = Counter("bobbin_db_connections_opened_total", "Number of connections to PostgreSQL opened.")

# --- The cache ------------------------------------------------------------------------------------
CACHE_REQUESTS = Counter(
    "bobbin_cache_requests_total", "Number of cache keys read.", ["family", "view", "result"]
)
INVALIDATIONS = Counter("bobbin_cache_invalidations_total", "Number of invalidated generations.")
PENDING_INVALIDATIONS = Gauge(
    "bobbin_cache_pending_invalidations",
    "Number of invalidations that wait for Redis.",
    multiprocess_mode="livesum",
)
BREAKER_OPEN = Gauge(
    "bobbin_cache_breaker_open", "Number of open Redis circuit breakers.", multiprocess_mode="livesum"
)
BREAKER_OPENED = Counter(
    "bobbin_cache_breaker_opened_total", "Number of times the Redis circuit breaker opened."
)
REDIS_CONNECTIONS = Gauge(
    "bobbin_redis_connections", "Number of connections to Redis.", ["state"], multiprocess_mode="livesum"
)
PROBE_RUNS = Counter("bobbin_privacy_probe_runs_total", "Number of privacy probe runs.", ["result"])
PRIVACY_VIOLATIONS = Counter("bobbin_privacy_violations_total", "Number of privacy violations found.")

# --- Messages -------------------------------------------------------------------------------------
SIGNALS = Counter("bobbin_signals_total", "Number of signal receiver calls.", ["receiver", "outcome"])
SENT = Counter("bobbin_messages_sent_total", "Number of messages committed.", ["kind"])
EDITED = Counter("bobbin_messages_edited_total", "Number of committed edits that changed a message.")
NOTIFIED = Counter("bobbin_notifications_created_total", "Number of notifications committed.")
ERASED = Counter("bobbin_erasures_total", "Number of accounts erased.")
IMPORT_LINES = Counter("bobbin_import_lines_total", "Number of import lines processed.", ["result"])
AUDIT_WRONG = Gauge(
    "bobbin_counter_audit_wrong", "Number of unread counters found wrong.", multiprocess_mode="mostrecent"
)
AUDIT_SAMPLED = Gauge(
    "bobbin_counter_audit_sampled", "Number of unread counters compared.", multiprocess_mode="mostrecent"
)
AUDIT_TIMESTAMP = Gauge(
    "bobbin_counter_audit_timestamp_seconds",
    "Unix time of the last audit, in seconds.",
    multiprocess_mode="mostrecent",
)

# --- gunicorn -------------------------------------------------------------------------------------
WORKERS = Gauge("bobbin_gunicorn_workers", "Number of gunicorn workers.", multiprocess_mode="livesum")
THREADS = Gauge("bobbin_gunicorn_threads", "Number of gunicorn threads.", multiprocess_mode="livesum")
BACKLOG = Gauge(
    "bobbin_gunicorn_backlog", "Number of connections not accepted yet.", multiprocess_mode="livemax"
)
BOOTS = Counter("bobbin_gunicorn_worker_boots_total", "Number of gunicorn workers started.")

# --- Live updates ---------------------------------------------------------------------------------
STREAMS_OPEN = Gauge(
    "bobbin_event_streams_open", "Number of open event streams.", multiprocess_mode="livesum"
)
STREAMS = Counter("bobbin_event_streams_total", "Number of event streams requested.", ["result"])
EVENTS = Counter("bobbin_events_sent_total", "Number of events sent to event streams.")

# Create these series at the start with the value 0: Prometheus cannot see the increase of a series that
# starts at 1.
KINDS = ("message", "reply", "imported")
PROBE_OUTCOMES = ("ok", "violated", "inconclusive")
LINES = ("added", "already_there", "skipped")
STREAM_RESULTS = ("opened", "unauthenticated", "too_many", "unavailable")
for _counter, _names in [
    (SENT, KINDS),
    (PROBE_RUNS, PROBE_OUTCOMES),
    (IMPORT_LINES, LINES),
    (STREAMS, STREAM_RESULTS),
]:
    for _name in _names:
        _counter.labels(_name)


# --- The metrics process itself -------------------------------------------------------------------
FILES = "bobbin_metrics_files"
BYTES = "bobbin_metrics_bytes"
COLLECT_SECONDS = "bobbin_metrics_collect_seconds"
OF_THE_METRICS_PROCESS = {
    FILES: "Number of files that the metrics process merges.",
    BYTES: "Size of the files that the metrics process merges, in bytes.",
    COLLECT_SECONDS: "Time that the metrics process needed to merge the files, in seconds.",
}


def catalog() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the type and the labels of every metric of Bobbin, by its name in Prometheus."""
    metrics = [metric for metric in globals().values() if isinstance(metric, MetricWrapperBase)]
    found = {name: (kind, labels) for name, kind, labels in map(definition, metrics)}
    return found | dict.fromkeys(OF_THE_METRICS_PROCESS, ("gauge", ()))


# --- Failures -------------------------------------------------------------------------------------
def suppress_errors(count: Callable[..., Any]) -> Callable[..., None]:
    """Decorator: log errors, once per minute, and do not raise them. Metrics must not break requests."""
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
