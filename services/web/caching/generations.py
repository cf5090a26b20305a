"""Generations: namespace keys that make the cached entries of a user unreachable (docs/architecture.md).

Every entry that belongs to a user has the user's *generation* in its key: a random value that a reader
fetches before it reads the database. A committed change deletes the generation, and the next reader creates
another. A reader that is slower than a writer therefore stores its result under a generation that no reader
uses any more. Deleting the entries themselves would leave stale data: the slow reader stores it later.
"""

import secrets
from collections.abc import Iterable

from caching.backend import cache
from caching.retry_queue import RetryQueue
from observability import metrics

GENERATION_SECONDS = 60 * 60 * 24
ALL_USERS = "all"  # This generation is part of every key: a new one invalidates all entries.
NAMES = "names"  # The generation of entries that depend on all user names and belong to no user.

count_invalidated = metrics.suppress_errors(metrics.INVALIDATIONS.inc)


def generation_of(owner: int | str | None) -> str | None:
    """Return the current generation of a user (an id) or of NAMES; None while the cache cannot be used.

    For the owner None, it is the generation of ALL_USERS alone. A generation that Redis lost is replaced by a
    new random value, so no older entry can come back.
    """
    if pending_invalidations.any():
        return None  # Redis may still hold entries from before changes that this process has committed.
    keys = [_generation_key(ALL_USERS)] + ([] if owner is None else [_generation_key(owner)])
    found = cache.get_many(keys)
    for key in keys:
        if key not in found:
            created = secrets.token_hex(8)
            # If another process has stored one first, use that one.
            found[key] = created if cache.add(key, created, GENERATION_SECONDS) else cache.get(key)
    return None if None in found.values() else "-".join(found[key] for key in keys)


def invalidate_users(user_ids: Iterable[int], event: tuple[Iterable[str], str] | None = None) -> int | None:
    """Invalidate the entries of these users. Call it after the change is committed.

    `event` is channels and a text to publish in the same round trip. Return None when Redis failed.
    """
    return _invalidate({_generation_key(user_id) for user_id in user_ids}, event)


def invalidate_all() -> None:
    """Invalidate every entry: for a change that affects too many users to list."""
    _invalidate({_generation_key(ALL_USERS)})


def invalidate_shown(user_id: int, counterparts: Iterable[int] | None) -> None:
    """Invalidate the entries that show this user. None: the counterparts are too many to list."""
    if counterparts is None:
        invalidate_all()
    else:
        _invalidate({_generation_key(NAMES), *map(_generation_key, (user_id, *counterparts))})


def _invalidate(keys: set[str], event: tuple[Iterable[str], str] | None = None) -> int | None:
    if not keys:
        return 0
    count_invalidated(len(keys))
    done: int | None = cache.delete_and_publish(keys, *event) if event else cache.delete_many(keys)
    if done is None:
        pending_invalidations.enqueue(keys)
    return done


def _generation_key(user_id: int | str) -> str:
    return f"generation:{user_id}"


# Generations that Redis could not delete. More than 1,000 are replaced by the generation of ALL_USERS. While
# any is pending, this process reads no page from the cache.
pending_invalidations = RetryQueue(1_000, _generation_key(ALL_USERS), metrics.PENDING_INVALIDATIONS)
