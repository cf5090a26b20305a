"""Cached values that are smaller than a page: the badges of a user, and suggested names."""

from functools import partial
from hashlib import sha256

from django.db import connection

from accounts import names
from accounts.models import User
from caching.backend import cache
from caching.generations import NAMES, generation_of
from messaging.models import Participant
from notifications.models import Notification

VERSION = 2  # Raise it when the shape of a stored value changes.
BADGE_SECONDS = 60
SUGGESTION_SECONDS = 30
SUGGESTIONS = 10

# The badge shows at most "99+", so the query stops at 100: a user may have very many notifications.
COUNT = f"""
SELECT
  (SELECT COALESCE(sum(unread_count), 0) FROM {Participant._meta.db_table} WHERE user_id = %(user)s),
  (SELECT count(*) FROM (
     SELECT FROM {Notification._meta.db_table} WHERE user_id = %(user)s AND NOT read LIMIT 100) AS waiting)
"""  # noqa: S608  (the names of tables)


def badges(user_id: int, generation: str | None = None) -> dict[str, int]:
    """Return the numbers on the user's badges. If many requests miss the cache at once, one of them counts.

    `generation` is the user's generation, if the request has already read it and changed nothing since.
    """
    # Inside a transaction, the counts may include changes that are rolled back later.
    generation = None if connection.in_atomic_block else generation or generation_of(user_id)
    if generation is None:
        return _count(user_id)
    key = f"badges:{VERSION}:{user_id}:{generation}"
    stored: dict[str, int] = cache.get_or_set(key, partial(_count, user_id), BADGE_SECONDS)
    return stored


def _count(user_id: int) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"user": user_id})
        unread, notifications = cursor.fetchone()
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
