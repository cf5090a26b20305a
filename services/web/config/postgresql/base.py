"""Django's PostgreSQL backend with query metrics and with psycopg's C loader for timestamps.

Django's loader calls Python for each value to set the time zone of the connection. Our connections and the
server always use UTC, so the C loader returns the same values. It reads 1,000 messages in a quarter of the
time (docs/decisions/0006-connections.md).
"""

import select
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import psycopg
from django.core.management.base import CommandError
from django.db.backends.postgresql import base
from django_prometheus import db as prometheus_metrics
from prometheus_client import Counter
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format, TransactionStatus

from config.postgresql.counting import counting
from observability import compatibility, locale, metrics

TIMESTAMPTZ_OID = psycopg.adapters.types["timestamptz"].oid
LOADER = psycopg.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT)

# Seconds for which a connection counts as usable after a check, unless the server closes it meanwhile.
CHECK_INTERVAL = 5

# Open connections. A connection that is garbage-collected without `close` is removed automatically.
_connections: WeakSet[Any] = WeakSet()


class DatabaseWrapper(base.DatabaseWrapper):
    checked_at = 0.0  # When the connection was opened or answered a query of `is_usable`.

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        adapters = AdaptersMap(params["context"])
        if LOADER:
            adapters.register_loader(TIMESTAMPTZ_OID, LOADER)
        cursors = counting(params["cursor_factory"], self.alias, self.vendor)
        return params | {"context": adapters, "cursor_factory": cursors}

    def connect(self) -> None:
        """Like Django's, but no budget counts the queries that open a connection, such as those for types."""
        wrappers, self.execute_wrappers = self.execute_wrappers, []
        try:
            super().connect()
        finally:
            # A receiver of `connection_created` may have added one, at each connection.
            added = [wrapper for wrapper in self.execute_wrappers if wrapper not in wrappers]
            self.execute_wrappers = added + wrappers
        self.checked_at = time.monotonic()

    def is_usable(self) -> bool:
        """Like Django's, but make its query only after CHECK_INTERVAL, an error, or a message of the server.

        A server that ends a connection closes its socket, which `poll` sees without a round trip. The query
        finds the rest, such as a network that dropped the connection, or a transaction that failed.
        """
        recent = time.monotonic() - self.checked_at < CHECK_INTERVAL
        if recent and not self.errors_occurred and _is_idle(self.connection):
            return True
        usable = super().is_usable()
        self.checked_at = time.monotonic()
        return usable

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        _count(prometheus_metrics.connections_total, self)
        try:
            passwords = self.settings_dict["NEXT_PASSWORDS"]
            connection = connect_with_passwords(super().get_new_connection, conn_params, passwords)
        except Exception:
            _count(prometheus_metrics.connection_errors_total, self)
            raise
        # QuerySet.iterator() uses server-side cursors.
        connection.server_cursor_factory = counting(psycopg.ServerCursor, self.alias, self.vendor)
        _count_open(connection)
        return connection

    def open_check_connection(self) -> Any:
        """Return a new connection of psycopg in autocommit mode, for a check beside the pages."""
        params = {
            key: value
            for key, value in self.get_connection_params().items()
            if key not in {"cursor_factory", "context", "prepare_threshold", "server_side_binding"}
        }
        return connect_with_passwords(_connect_in_autocommit, params, self.settings_dict["NEXT_PASSWORDS"])

    def prepare_database(self) -> None:
        """Raise CommandError for a wrong locale or a newer release. `migrate` calls this first."""
        super().prepare_database()
        with self.cursor() as cursor:
            if reason := locale.broken_rule(cursor):
                raise CommandError(locale.refusal(reason, self.settings_dict))
        if unknown := compatibility.unknown_migrations(self):
            raise CommandError(compatibility.refusal(unknown))
        # Before the migrations, so that pods of the older release can restart while they run.
        compatibility.store_oldest_releases(self)

    def _close(self) -> None:
        connection = self.connection
        super()._close()  # type: ignore[misc]  # private API
        if connection is not None:
            _count_closed(connection)

    def create_cursor(self, name: str | None = None) -> Any:
        """Like Django's, without the check of the timestamp loader."""
        if name is None:
            return self.connection.cursor()
        return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)


def connect_with_passwords(
    connect: Callable[[dict[str, Any]], Any], params: dict[str, Any], next_passwords: list[str]
) -> Any:
    """Return a new connection. After a refused password, try the next ones in their order."""
    try:
        return connect(params)
    except psycopg.OperationalError as error:
        # libpq gives no error code for a refused password.
        if not next_passwords or not (error.pgconn and error.pgconn.used_password):
            raise
    return connect_with_passwords(connect, params | {"password": next_passwords[0]}, next_passwords[1:])


def _connect_in_autocommit(params: dict[str, Any]) -> "psycopg.Connection[Any]":
    return psycopg.connect(**params, autocommit=True)


def _is_idle(connection: Any) -> bool:
    """Return whether no transaction is open, and the server has neither sent anything nor disconnected."""
    if connection is None or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


@metrics.suppress_errors
def _count(counter: Counter, database: DatabaseWrapper) -> None:
    counter.labels(database.alias, database.vendor).inc()


@metrics.suppress_errors
def _count_open(connection: Any) -> None:
    _connections.add(connection)
    metrics.DB_OPENED.inc()
    metrics.DB_OPEN.set(len(_connections))


@metrics.suppress_errors
def _count_closed(connection: Any) -> None:
    _connections.discard(connection)
    metrics.DB_OPEN.set(len(_connections))
