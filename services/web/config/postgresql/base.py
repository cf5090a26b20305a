"""Django's PostgreSQL backend, with psycopg's own loader of timestamps, which is written in C.

Django's calls Python for each value, to give it the time zone of the connection. Ours is always UTC, and so
is what the server sends: the C loader returns the same moments. Reading 1,000 messages takes a quarter of the
time (docs/decisions/0006-connections.md).
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format

TIMESTAMPTZ_OID = psycopg.adapters.types["timestamptz"].oid
LOADER = psycopg.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        adapters = AdaptersMap(params["context"])
        if LOADER:
            adapters.register_loader(TIMESTAMPTZ_OID, LOADER)
        return params | {"context": adapters}

    def create_cursor(self, name: str | None = None) -> Any:
        """Django's, without its look at the loader of timestamps."""
        if name is None:
            return self.connection.cursor()
        return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)
