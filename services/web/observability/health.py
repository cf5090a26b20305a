"""Health checks: /healthz is liveness, /readyz is readiness.

They bypass host validation and sessions, because probes are frequent and address a pod by its IP address.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerInTime
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from observability import compatibility, locale, metrics

DATABASE_BUDGET = 1.0  # Seconds until a readiness probe stops waiting for PostgreSQL.

log = logging.getLogger(__name__)


class HealthMiddleware:
    """Answers /healthz and /readyz, and passes all other requests on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.probe = DatabaseProbe()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return _answer(200, {"status": "ok"})
        if request.path_info == "/readyz":
            return self.ready()
        return self.get_response(request)

    def ready(self) -> HttpResponse:
        try:
            reason = self.probe.problem()
        except ImproperlyConfigured as refused:
            # The error names hosts and roles, and /readyz is public.
            log.error("readiness: %s", refused)
            reason = "the database has another encoding or locale than Bobbin needs; the log has the command"
        if reason:
            return _answer(503, {"status": "unavailable", "reason": reason})
        redis = redis_answers()
        return _answer(200, {"status": "ok" if redis else "degraded", "redis": redis})


class DatabaseProbe:
    """Checks PostgreSQL in a separate thread, so a server that hangs delays a probe by at most one second."""

    def __init__(self, *, checks_migrations: bool = True) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readyz")
        self.pending: Future[str] | None = None
        self.migrated = not checks_migrations

    def problem(self) -> str:
        """Return the reason why the service is not ready, or "".

        Raise ImproperlyConfigured, with the command that fixes it, for a database that Bobbin can never use.
        """
        # If the previous check still runs, wait for it and do not start a second one.
        if self.pending is None or self.pending.done():
            self.pending = self.thread.submit(self._check)
        try:
            return self.pending.result(DATABASE_BUDGET)
        except NoAnswerInTime:
            return f"PostgreSQL did not answer within {DATABASE_BUDGET:g} s"
        except psycopg.Error as error:
            log.warning("readiness: PostgreSQL is not available: %s", error)
            return "PostgreSQL is not available"

    def _check(self) -> str:
        # A separate connection: the check must not wait for, or disturb, the connections that serve pages.
        with connection.open_check_connection() as direct:  # type: ignore[attr-defined]  # config/postgresql
            _compare_clocks(direct)
            if reason := locale.broken_rule(direct):
                raise ImproperlyConfigured(locale.refusal(reason, connection.settings_dict))
        if not self.migrated:
            if reason := _wrong_migrations():
                return reason
            self.migrated = True
        return ""


def _compare_clocks(direct: psycopg.Connection[Any]) -> None:
    """Set the metric to the least difference of the clocks that explains the answer, however long it took."""
    before = time.time()
    for (its_time,) in direct.execute("SELECT extract(epoch FROM clock_timestamp())::float8"):
        metrics.CLOCK_OFFSET.set(max(before - its_time, its_time - time.time(), 0))


def _wrong_migrations() -> str:
    """Return why the tables do not fit this release, or ""."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are missing; run manage.py migrate"
        if unknown := compatibility.unknown_migrations(connection, executor.loader):
            log.error("readiness: %s", compatibility.refusal(unknown))
            return "the database belongs to a newer release; the log has its migrations"
        return ""
    finally:
        connection.close()


def redis_answers() -> bool:
    """Return whether Redis answers. Without Redis, pages are still served from PostgreSQL."""
    try:
        return bool(get_redis_connection("default").ping())
    except RedisError as error:
        log.warning("readiness: Redis is not available: %s", error)
        return False


def _answer(http_status: int, body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, status=http_status, headers={"Cache-Control": "no-store"})
