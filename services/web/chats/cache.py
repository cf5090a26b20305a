"""Cached values that are smaller than a page: the badges of a user, and suggested names."""

from collections.abc import Callable
from hashlib import sha256

from django.db import connection

from caching.backend import cache
from caching.generations import NAMES, generation_of

VERSION = 2  # Raise it when the shape of a stored value changes.
BADGE_SECONDS = 60
SUGGESTION_SECONDS = 30


def badges(
    user_id: int, count: Callable[[], dict[str, int]], generation: str | None = None
) -> dict[str, int]:
    """Return the numbers on the user's badges. If many requests miss the cache at once, one of them counts.

    `generation` is the user's generation, if the request has already read it and changed nothing since.
    """
    # Inside a transaction, the counts may include changes that are rolled back later.
    generation = None if connection.in_atomic_block else generation or generation_of(user_id)
    if generation is None:
        return count()
    stored: dict[str, int] = cache.get_or_set(
        f"badges:{VERSION}:{user_id}:{generation}", count, BADGE_SECONDS
    )
    return stored


def suggestions(start: str, find: Callable[[], list[str]]) -> list[str]:
    """Return the user names that begin with `start`. A new name may be missing for SUGGESTION_SECONDS."""
    generation = generation_of(NAMES)
    if generation is None:
        return find()
    digest = sha256(start.encode(errors="backslashreplace")).hexdigest()
    names: list[str] = cache.get_or_set(
        f"suggestions:{VERSION}:{generation}:{digest}", find, SUGGESTION_SECONDS
    )
    return names
