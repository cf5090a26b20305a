"""Sessions in PostgreSQL, read from Redis: losing Redis logs nobody out, and nobody back in.

A session ends after SESSION_IDLE_DAYS without use, and SESSION_ABSOLUTE_DAYS after the log-in in any case.
"""

import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore
from django.db import DatabaseError

from observability.budgets import allow
from observability.debts import Debts

# How long a session is read from Redis alone. Should the end of one ever be missed there, this bounds it.
COPY_SECONDS = 300
RENEW_SECONDS = 24 * 60 * 60  # A session in use is renewed no more often.
CLOCK_SECONDS = 60  # By which the clocks of two machines may differ.
# Copies that could not be ended, because Redis could not be reached.
debts = Debts()
log = logging.getLogger(__name__)


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
    # Seconds since 1970: the log-in, and the end that the row has. None until loaded or saved.
    started_at: float | None = None
    expires_at: float | None = None

    @classmethod
    def get_model_class(cls):
        from accounts.models import Session

        return Session

    def create_model_instance(self, data):
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        session.started_at = datetime.fromtimestamp(self._start(), UTC)
        self.expires_at = session.expire_date.timestamp()
        return session

    def _validate_session_key(self, key):
        return bool(key) and is_key(key)

    def load(self) -> dict[str, Any]:
        data = self._load_copy()
        if data is not None:
            return data
        allow(1)
        session = self._get_session_from_db()
        if session is None:
            return {}
        data = self.decode(session.session_data)
        self.started_at, self.expires_at = session.started_at.timestamp(), session.expire_date.timestamp()
        if self.seconds_left() <= 0:
            return {}
        # Not `set`: meanwhile the session may have been changed or ended.
        self._cache.add(self.cache_key, self._copy(data), self._copy_seconds())
        return data

    def _load_copy(self) -> dict[str, Any] | None:
        """The data of the copy in Redis; None when there is none, or one of another shape."""
        copy = None if debts.any() else self._cache.get(self.cache_key)
        if not copy:
            return copy
        try:
            data, self.started_at, self.expires_at = copy["data"], copy["started_at"], copy["expires_at"]
        except KeyError:
            return None
        return data if self.seconds_left() > 0 else {}

    def _copy(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"data": data, "started_at": self.started_at, "expires_at": self.expires_at}

    def load_without_query(self) -> bool:
        """Load this session if Redis has a copy. False when it is not loaded and only PostgreSQL knows it."""
        if self.session_key and not hasattr(self, "_session_cache"):
            data = self._load_copy()
            if data is None:
                return False
            self._session_cache = data
        return True

    def save(self, must_create: bool = False) -> None:
        super(CachedDBStore, self).save(must_create)
        if self._cache.set(self.cache_key, self._copy(self._session), self._copy_seconds()) is None:
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

    def _copy_seconds(self) -> int:
        return max(0, min(COPY_SECONDS, int(self.seconds_left())))

    # --- Limits -----------------------------------------------------------------------------------
    def cycle_key(self) -> None:
        """A new key. The same log-in, as after a new password, keeps its absolute limit."""
        if SESSION_KEY not in self:
            self.started_at = None
        super().cycle_key()

    def flush(self) -> None:
        super().flush()
        self.started_at = self.expires_at = None

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Seconds that a session used now has, for its row and its cookie."""
        return max(0, int(self._end() - time.time()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        return datetime.fromtimestamp(self._end(), UTC)

    def _end(self) -> float:
        return min(
            time.time() + settings.SESSION_COOKIE_AGE, self._start() + settings.SESSION_ABSOLUTE_SECONDS
        )

    def _start(self) -> float:
        if self.started_at is None:
            self.started_at = time.time()
        return self.started_at

    def seconds_left(self) -> float:
        """Seconds until this session ends unless it is renewed: by its row, and by the limits of now."""
        if self.started_at is None or self.expires_at is None:
            return 0
        return min(self.expires_at, self.started_at + settings.SESSION_ABSOLUTE_SECONDS) - time.time()

    def take_renewal(self) -> bool:
        """Whether this request is the one that renews the session: once a day, by one of many at once."""
        if SESSION_KEY not in self or self.expires_at is None or self.seconds_left() <= 0:
            return False
        # Shorter, too: the limits may be lower now than at the last renewal.
        if -CLOCK_SECONDS <= self._end() - self.expires_at < RENEW_SECONDS:
            return False
        # The copies of the next minutes still hold the old end.
        return (
            self._cache.add(f"{self.cache_key_prefix}renewal:{self.session_key}", 1, COPY_SECONDS)
            is not False
        )

    def renew(self) -> None:
        """Move the end of the row, unless it is gone. Called after the answer was sent."""
        rows = self.model.objects.filter(session_key=self.session_key, expire_date__gt=datetime.now(UTC))
        try:
            rows.update(expire_date=self.get_expiry_date())
        except DatabaseError as error:
            log.warning("A session could not be renewed; the next request tries again: %s", error)
