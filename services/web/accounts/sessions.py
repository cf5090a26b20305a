"""Sessions in PostgreSQL, read from Redis: losing Redis logs nobody out, and nobody back in."""

import re
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore

from observability.budgets import allow
from observability.debts import Debts

# How long a session is read from Redis alone. Should the end of one ever be missed there, this bounds it.
COPY_SECONDS = 300
# Copies that could not be ended, because Redis could not be reached.
debts = Debts()


# As Django makes them. Anything else is nobody's: no query, and no error from a NUL.
KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)


def is_key(text: str) -> bool:
    """Return whether `text` can be the key of a session."""
    return KEY.fullmatch(text) is not None


class SessionStore(CachedDBStore):
    """As Django's, whose copies outlive a log-out in two cases: Redis cannot be reached at that moment; or a
    request that has read the row before stores its copy after.
    """

    cache_key_prefix = "session:"
    _cache: Any
    _session: dict[str, Any]
    _get_session_from_db: Callable[[], Any]

    @classmethod
    def get_model_class(cls):
        from accounts.models import Session

        return Session

    def create_model_instance(self, data):
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session

    def _validate_session_key(self, key):
        return bool(key) and is_key(key)

    def load(self) -> dict[str, Any]:
        copy = None if debts.any() else self._cache.get(self.cache_key)
        if copy is not None:
            return copy
        allow(1)
        session = self._get_session_from_db()
        if session is None:
            return {}
        data = self.decode(session.session_data)
        # Not `set`: meanwhile the session may have been changed or ended.
        self._cache.add(self.cache_key, data, self._copy_seconds(session.expire_date))
        return data

    def load_without_query(self) -> bool:
        """Load this session if Redis has a copy. False when it is not loaded and only PostgreSQL knows it."""
        if self.session_key and not hasattr(self, "_session_cache"):
            copy = None if debts.any() else self._cache.get(self.cache_key)
            if copy is None:
                return False
            self._session_cache = copy
        return True

    def save(self, must_create: bool = False) -> None:
        super(CachedDBStore, self).save(must_create)
        if self._cache.set(self.cache_key, self._session, self._copy_seconds()) is None:
            debts.owe({self.cache_key})

    def delete(self, session_key: str | None = None) -> None:
        super(CachedDBStore, self).delete(session_key)
        if key := session_key or self.session_key:
            self._end_copy(key)

    # Django's own would go past the above.
    async def aload(self) -> dict[str, Any]:
        return await sync_to_async(self.load)()

    async def asave(self, must_create: bool = False) -> None:
        await sync_to_async(self.save)(must_create)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)

    def forget(self) -> None:
        """End the copy in Redis, of a session whose row is gone."""
        if self.session_key:
            self._end_copy(self.session_key)

    def _end_copy(self, session_key: str) -> None:
        key = self.cache_key_prefix + session_key
        # An empty copy, so that whoever has read the row before does not store theirs.
        if self._cache.set(key, {}, COPY_SECONDS) is None:
            debts.owe({key})

    def _copy_seconds(self, expires: Any = None) -> int:
        return min(COPY_SECONDS, self.get_expiry_age(**({"expiry": expires} if expires else {})))
