"""Session store with rows in PostgreSQL and cached copies in Redis.

Losing Redis neither logs a user out nor restores a session that was deleted. A session expires after
SESSION_IDLE_DAYS without use, and at the latest SESSION_ABSOLUTE_DAYS after the log-in.
"""

import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import DatabaseError, transaction

from accounts.concurrent_erasure import interrupting_session
from caching.retry_queue import RetryQueue
from observability.budgets import allow

# Lifetime of a copy in Redis. It also limits how long a deleted session is valid if its copy stays in Redis.
COPY_SECONDS = 300
RENEW_SECONDS = 24 * 60 * 60  # Minimum time between two renewals of a session.
CLOCK_SECONDS = 60  # Tolerated difference between the clocks of two machines.
# Keys of outdated copies that could not be replaced because Redis was unreachable.
pending_copies = RetryQueue()
log = logging.getLogger(__name__)


# The format of Django's session keys. Other values need no query; PostgreSQL would reject a NUL character.
KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)


def is_key(text: str) -> bool:
    """Return whether `text` has the format of a session key."""
    return KEY.fullmatch(text) is not None


class SessionStore(CachedDBStore):
    """Like Django's cached_db store, but a cached session cannot survive a log-out.

    With Django's store it survives (1) if Redis is unreachable at that moment, or (2) if a concurrent
    request then caches the row that it read before.
    """

    cache_key_prefix = "session:"
    _cache: Any
    _session: dict[str, Any]
    _get_session_from_db: Callable[[], Any]
    # Unix timestamps of the log-in and of the expiry in the row. None until the session is loaded or saved.
    started_at: float | None = None
    expires_at: float | None = None

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return apps.get_model("accounts.Session")

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        session.started_at = datetime.fromtimestamp(self._start(), UTC)
        self.expires_at = session.expire_date.timestamp()
        return session

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and is_key(key)

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
        # `add`, not `set`: a concurrent request may have changed or deleted the session since the query.
        self._cache.add(self.cache_key, self._copy(data), self._copy_seconds())
        return data

    def load_from(self, copy: dict[str, Any] | None) -> bool:
        """Load this session from its copy. Return False if it has ended or PostgreSQL must be read."""
        data = None if pending_copies.any() else self._data_of(copy)
        if data:
            self._session_cache = data
        return bool(data)

    def _load_copy(self) -> dict[str, Any] | None:
        """Return the data in Redis; {} if the session has ended; None if PostgreSQL must be read."""
        return None if pending_copies.any() else self._data_of(self._cache.get(self.cache_key))

    def _data_of(self, copy: dict[str, Any] | None) -> dict[str, Any] | None:
        if not copy:
            return copy
        try:
            data, self.started_at, self.expires_at = copy["data"], copy["started_at"], copy["expires_at"]
            return data if self.seconds_left() > 0 else {}
        except (KeyError, TypeError):  # Written by another release or program.
            return None

    def _copy(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"data": data, "started_at": self.started_at, "expires_at": self.expires_at}

    def load_without_query(self) -> bool:
        """Load this session from Redis. Return False if it is not loaded and only PostgreSQL has it."""
        if self.session_key and not hasattr(self, "_session_cache"):
            data = self._load_copy()
            if data is None:
                return False
            self._session_cache = data
        return True

    def save(self, must_create: bool = False) -> None:
        # Store the copy while the row is locked: a concurrent log-out waits, and stores its empty copy later.
        with interrupting_session(), transaction.atomic():
            super(CachedDBStore, self).save(must_create)
            if self._cache.set(self.cache_key, self._copy(self._session), self._copy_seconds()) is None:
                pending_copies.enqueue({self.cache_key})

    def delete(self, session_key: str | None = None) -> None:
        super(CachedDBStore, self).delete(session_key)
        if key := session_key or self.session_key:
            self.discard_copy(key)

    def discard_copy(self, session_key: str) -> None:
        """Invalidate the copy in Redis after the row of a session was deleted."""
        key = self.cache_key_prefix + session_key
        # Store an empty copy. A concurrent request that read the row before cannot replace it with `add`.
        if self._cache.set(key, {}, COPY_SECONDS) is None:
            pending_copies.enqueue({key})

    def _copy_seconds(self) -> int:
        return max(0, min(COPY_SECONDS, int(self.seconds_left())))

    # --- Limits -----------------------------------------------------------------------------------
    def cycle_key(self) -> None:
        """Replace the session key. A session that is logged in keeps its absolute limit."""
        if SESSION_KEY not in self:
            self.started_at = None
        super().cycle_key()

    def flush(self) -> None:
        super().flush()
        self.started_at = self.expires_at = None

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Return the seconds until a session that is used now expires, for its row and its cookie."""
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
        """Return the seconds until this session expires, by its row and by the current absolute limit."""
        if self.started_at is None or self.expires_at is None:
            return 0
        return min(self.expires_at, self.started_at + settings.SESSION_ABSOLUTE_SECONDS) - time.time()

    def is_due(self) -> bool:
        """Return whether the session must be renewed, which happens once a day."""
        if SESSION_KEY not in self or self.expires_at is None or self.seconds_left() <= 0:
            return False
        # A renewal can also shorten the session, because the limits may have been lowered since the last one.
        return not -CLOCK_SECONDS <= self._end() - self.expires_at < RENEW_SECONDS

    def take_renewal(self) -> bool:
        """Return True in one of several concurrent requests, if the session is due: it must renew it."""
        if not self.is_due():
            return False
        # Copies in Redis keep the old expiry for up to COPY_SECONDS; this key prevents a second renewal.
        return (
            self._cache.add(f"{self.cache_key_prefix}renewal:{self.session_key}", 1, COPY_SECONDS)
            is not False
        )

    def renew(self) -> None:
        """Update the expiry of the row if the session still exists. Called after the response was sent."""
        rows = self.model.objects.filter(session_key=self.session_key, expire_date__gt=datetime.now(UTC))
        try:
            rows.update(expire_date=self.get_expiry_date())
        except DatabaseError as error:
            log.warning("A session could not be renewed; the next request tries again: %s", error)
