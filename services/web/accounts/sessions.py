"""Sessions in PostgreSQL, read from Redis: losing Redis logs nobody out."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore


class SessionStore(CachedDBStore):
    cache_key_prefix = "session:"

    @classmethod
    def get_model_class(cls):
        from accounts.models import Session

        return Session

    def create_model_instance(self, data):
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session

    def forget(self) -> None:
        """Drop the copy in Redis, of a session whose row is gone."""
        self._cache.delete(self.cache_key)  # type: ignore[attr-defined]
