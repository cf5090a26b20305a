"""Cached values that are smaller than a page: the badges of a user, and suggested names."""

from functools import partial
from hashlib import sha256
from typing import Any

from django.db import connection

from accounts import names
from accounts.models import User
from caching.backend import cache
from caching.generations import NAMES, generation_of, read_with_generation, value_of
from messaging.models import Message
from messaging.statements import execute
from notifications.models import Notification

Badges = dict[str, int]
StoredBadges = list[Any]  # The generation of which they are, and the badges.

VERSION = 3  # Raise it when the shape of a stored value changes.
BADGE_SECONDS = 60
SUGGESTION_SECONDS = 30
SUGGESTIONS = 10

# A badge shows at most "99+", so the queries stop at 100: a user may have very many of both.
COUNT = f"""
SELECT
  (SELECT count(*) FROM (
     SELECT FROM {Message._meta.db_table} WHERE receiver_id = %(user)s AND NOT read LIMIT 100) AS unread),
  (SELECT count(*) FROM (
     SELECT FROM {Notification._meta.db_table} WHERE user_id = %(user)s AND NOT read LIMIT 100) AS waiting)
"""  # noqa: S608  (the names of tables)


def badges(user_id: int, generation: str | None = None, stored: StoredBadges | None = None) -> Badges:
    """Return the numbers on the user's badges.

    `generation` is the user's generation, if the request has already read it and changed nothing since.
    `stored` is the value of `badges_key`, if the request has read it together with the generation; empty if
    there was none.
    """
    # Inside a transaction, the counts may include changes that are rolled back later.
    generation = None if connection.in_atomic_block else generation or generation_of(user_id)
    if generation is None:
        return _count(user_id)
    if stored is None:
        stored = value_of(badges_key(user_id), generation)
    counts = _current(stored, generation)
    if counts is None:
        counts = _count(user_id)
        # Without a lock: counting again takes no longer than the two calls of Redis for one.
        cache.set(badges_key(user_id), [generation, counts], BADGE_SECONDS)
    return counts


def known_badges(user_id: int) -> Badges:
    """Return the badges without a query: zeros if the cache does not have them."""
    generation, found = read_with_generation(user_id, [badges_key(user_id)], create=False)
    return _current(found.get(badges_key(user_id)), generation) or {"unread": 0, "notifications": 0}


def badges_key(user_id: int) -> str:
    """Return the key of the badges of a user. The generation is in the value, so one call reads both."""
    return f"badges:{VERSION}:{user_id}"


def _current(stored: StoredBadges | None, generation: str | None) -> Badges | None:
    """Return the stored badges if nothing has changed since they were counted."""
    is_current = isinstance(stored, list) and generation and stored[:1] == [generation]
    return stored[1] if stored and is_current else None


def _count(user_id: int) -> Badges:
    [(unread, notifications)] = execute("default", COUNT, {"user": user_id})
    return {"unread": unread, "notifications": notifications}


def suggestions(start: str, user: User) -> list[str]:
    """Return at most SUGGESTIONS names of active users that begin with `start`, except that of `user`.

    A new name may be missing for SUGGESTION_SECONDS. Invisible characters in `start`, as in a copied name,
    are ignored.
    """
    start = names.INVISIBLE.sub("", start).strip()
    if not start:
        return []
    generation = generation_of(NAMES)
    if generation is None:
        found = _names_from(start)
    else:
        digest = sha256(names.key(start).encode(errors="backslashreplace")).hexdigest()
        key = f"suggestions:{VERSION}:{generation}:{digest}"
        found = cache.get_or_set(key, partial(_names_from, start), SUGGESTION_SECONDS)
    return [name for name in found if name != user.username][:SUGGESTIONS]


def _names_from(start: str) -> list[str]:
    # One more than a page shows, because the name of the requesting user may be among them.
    named = User.objects.active().named_like(start).values_list("username", flat=True)
    return list(named[: SUGGESTIONS + 1])
