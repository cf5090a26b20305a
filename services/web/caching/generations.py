"""Generations: namespace keys that make the cached entries of a user unreachable (docs/architecture.md).

Every entry that belongs to a user has the user's *generation* in its key or its value: a random value that a
reader fetches before it reads the database. A committed change deletes the generation, and the next reader
creates another. A reader that is slower than a writer therefore stores its result under a generation that no
reader uses any more. Deleting the entries themselves would leave stale data: the slow reader stores it later.
"""

import secrets
from collections.abc import Iterable
from typing import Any

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
    return read_with_generation(owner, [])[0]


def read_with_generation(
    owner: int | str | None, keys: list[str], *, create: bool = True
) -> tuple[str | None, dict[str, Any]]:
    """Return the current generation of a user and the current values of other keys, in one round trip.

    A value that begins with another generation is not current. The generation is as in `generation_of`, or
    None if Redis has none and `create` is false.
    """
    if pending_invalidations.any():
        return None, {}  # Redis may still hold entries from before changes that this process has committed.
    own = _keys_of(owner)

    def current(found: dict[str, Any]) -> dict[str, Any]:
        generation = _joined(found, own)
        return {key: value for key, value in found.items() if key in own or _is_of(value, generation)}

    found = cache.get_many([*own, *keys], current=current)
    if create:
        for key in own:
            if key not in found:
                made = secrets.token_hex(8)
                # If another process has stored one first, use that one.
                found[key] = made if cache.add(key, made, GENERATION_SECONDS) else cache.get(key)
    return _joined(found, own), found


def _joined(found: dict[str, Any], own: list[str]) -> str | None:
    parts = [found.get(key) for key in own]
    return None if None in parts else "-".join(map(str, parts))


def value_of(key: str, generation: str) -> Any:
    """Return the value of a key if it begins with this generation, otherwise None."""
    found = cache.get_many(
        [key], current=lambda found: {key: found[key] for key in found if _is_of(found[key], generation)}
    )
    return found.get(key)


def _is_of(value: Any, generation: str | None) -> bool:
    """Return whether a value begins with this generation. A copy of a session, a dictionary, has none."""
    return isinstance(value, dict) or (isinstance(value, list) and value[:1] == [generation])


def _keys_of(owner: int | str | None) -> list[str]:
    return [_generation_key(ALL_USERS)] + ([] if owner is None else [_generation_key(owner)])


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
