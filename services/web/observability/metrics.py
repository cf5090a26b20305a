"""All metrics that Bobbin defines. A test compares them with the list in docs/operations.md.

Label values come from closed sets: names of views, key families, constants. They are never paths, ids or
texts from users. `multiprocess_mode` of a gauge says how the values of several processes are merged; the
values of a `live` mode end with their process. Help texts are short, because the file of a process repeats
them for each series. observability/serve.py adds the metrics of the metrics process.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from observability.log_limit import LogLimit
from observability.worker_metrics import worker_ids

OTHER = "other"  # The label value for everything that is not in the set.

log = logging.getLogger(__name__)
worker_ids.acquire("command")  # In a worker of gunicorn, which has an id already, this changes nothing.

live_sum = functools.partial(Gauge, multiprocess_mode="livesum")
live_max = functools.partial(Gauge, multiprocess_mode="livemax")
most_recent = functools.partial(Gauge, multiprocess_mode="mostrecent")

# --- Requests -------------------------------------------------------------------------------------
BUILD_INFO = live_max("bobbin_build_info", "Constant 1, labelled with the release.", ["release"])
REQUESTS = Counter("bobbin_http_requests_total", "Number of requests answered.", ["view", "method", "status"])
SECONDS = Histogram(
    "bobbin_http_request_seconds",
    "Time to answer a request, in seconds.",
    ["view"],
    # 0.25 is the latency objective: this bucket must stay.
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_PROGRESS = live_sum("bobbin_requests_in_progress", "Number of requests in progress.")

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
BUDGET = live_max("bobbin_query_budget", "Number of queries that a request may make.", ["view"])
EXCEEDED = Counter("bobbin_query_budget_exceeded_total", "Number of requests over budget.", ["view"])
REPEATED = Counter("bobbin_repeated_queries_total", "Number of requests that repeat a query.", ["view"])
DB_OPEN = live_sum("bobbin_db_connections_open", "Number of open connections to PostgreSQL.")
CLOCK_OFFSET = live_max(
    "bobbin_clock_offset_seconds", "Difference between the clocks of web and PostgreSQL, in seconds."
)
DB_OPENED = Counter("bobbin_db_connections_opened_total", "Number of connections to PostgreSQL opened.")

# --- The cache ------------------------------------------------------------------------------------
CACHE_REQUESTS = Counter(
    "bobbin_cache_requests_total", "Number of cache keys read.", ["family", "view", "result"]
)
INVALIDATIONS = Counter("bobbin_cache_invalidations_total", "Number of invalidated generations.")
PENDING_INVALIDATIONS = live_sum(
    "bobbin_cache_pending_invalidations", "Number of invalidations that wait for Redis."
)
BREAKER_OPEN = live_sum("bobbin_cache_breaker_open", "Number of open Redis circuit breakers.")
BREAKER_OPENED = Counter(
    "bobbin_cache_breaker_opened_total", "Number of times the Redis circuit breaker opened."
)
REDIS_CONNECTIONS = live_sum("bobbin_redis_connections", "Number of connections to Redis.", ["state"])
PROBE_RUNS = Counter("bobbin_privacy_probe_runs_total", "Number of privacy probe runs.", ["result"])
PRIVACY_VIOLATIONS = Counter("bobbin_privacy_violations_total", "Number of privacy violations found.")

# --- Messages -------------------------------------------------------------------------------------
SIGNALS = Counter("bobbin_signals_total", "Number of signal receiver calls.", ["receiver", "outcome"])
SENT = Counter("bobbin_messages_sent_total", "Number of messages committed.", ["kind"])
EDITED = Counter("bobbin_messages_edited_total", "Number of committed edits that changed a message.")
NOTIFIED = Counter("bobbin_notifications_created_total", "Number of notifications committed.")
ERASED = Counter("bobbin_erasures_total", "Number of accounts erased.")
IMPORT_LINES = Counter("bobbin_import_lines_total", "Number of import lines processed.", ["result"])
AUDIT_WRONG = most_recent("bobbin_counter_audit_wrong", "Number of unread counters found wrong.")
AUDIT_SAMPLED = most_recent("bobbin_counter_audit_sampled", "Number of unread counters compared.")
AUDIT_TIMESTAMP = most_recent(
    "bobbin_counter_audit_timestamp_seconds", "Unix time of the last audit, in seconds."
)

# --- gunicorn -------------------------------------------------------------------------------------
WORKERS = live_sum("bobbin_gunicorn_workers", "Number of gunicorn workers.")
THREADS = live_sum("bobbin_gunicorn_threads", "Number of gunicorn threads.")
BACKLOG = live_max("bobbin_gunicorn_backlog", "Number of connections not accepted yet.")
BOOTS = Counter("bobbin_gunicorn_worker_boots_total", "Number of gunicorn workers started.")

# --- Live updates ---------------------------------------------------------------------------------
STREAMS_OPEN = live_sum("bobbin_event_streams_open", "Number of open event streams.")
STREAMS = Counter("bobbin_event_streams_total", "Number of event streams requested.", ["result"])
EVENTS = Counter("bobbin_events_sent_total", "Number of events sent to event streams.")

# Create these series at the start with the value 0: Prometheus cannot see the increase of a series that
# starts at 1.
PROBE_OUTCOMES = ("ok", "violated", "inconclusive")
LINES = ("added", "already_there", "skipped")
_VALUES = {
    SENT: ("message", "reply", "imported"),
    PROBE_RUNS: PROBE_OUTCOMES,
    IMPORT_LINES: LINES,
    STREAMS: ("opened", "unauthenticated", "too_many", "unavailable"),
}
for _counter, _values in _VALUES.items():
    for _name in _values:
        _counter.labels(_name)


# --- Failures -------------------------------------------------------------------------------------
_errors = LogLimit()


def suppress_errors(count: Callable[..., Any]) -> Callable[..., None]:
    """Decorator: log the errors of a function once per minute, and do not raise them.

    Metrics must not break requests.
    """

    @functools.wraps(count)
    def tried(*args: Any, **kwargs: Any) -> None:
        try:
            count(*args, **kwargs)
        except Exception:
            if _errors.allows(count.__qualname__):
                log.exception("%s failed: the metrics lack it.", count.__qualname__)

    return tried
