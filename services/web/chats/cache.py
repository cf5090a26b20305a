"""Everything that Bobbin keeps in the cache: keys, versions, timeouts. Nobody else imports Django's cache.

What belongs to a member is keyed by the member and by the member's *epoch*, a random value which is read
before the database is read, and ended once a change is committed: the next reader begins another. A reader
who is slower than a writer therefore stores what it read under an epoch that nobody asks for any more.
Deleting what is stored, instead, would leave what is stale: the slow reader stores it after the deletion.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import cast

from django.core.cache import cache as proxy
from django.db import connection

from observability import metrics
from observability.cache import RedisCache
from observability.debts import Debts

VERSION = 2  # Raise it when the shape of a stored value changes.
EPOCH_SECONDS = 60 * 60 * 24
BADGE_SECONDS = 60
SUGGESTION_SECONDS = 30
TEST_SECONDS = 60
EVERYBODY = "all"  # The epoch that stands in every key: ending it makes all that is cached new.
NAMES = "names"  # The epoch of what depends on which members there are, and is nobody's own.

cache = cast(RedisCache, proxy)
count_ended = metrics.harmless(metrics.EPOCHS_ENDED.inc)


# --- Epochs ---------------------------------------------------------------------------------------
def epoch_of(owner: int | str | None) -> str | None:
    """The epoch of a member (an id) or of NAMES now, or None while the cache cannot be used.

    For None, everybody's alone.

    A lost epoch is replaced by a new random one, so nothing of before can come back with it.
    """
    if debts.any():
        return None  # What this process has changed may still be cached as it was before.
    keys = [_epoch_key(EVERYBODY)] + ([] if owner is None else [_epoch_key(owner)])
    found = cache.get_many(keys)
    for key in keys:
        if key not in found:
            begun = _new_epoch()
            # Somebody else may have been faster: theirs counts.
            found[key] = begun if cache.add(key, begun, EPOCH_SECONDS) else cache.get(key)
    return None if None in found.values() else "-".join(found[key] for key in keys)


def forget_member(user_ids: Iterable[int], event: tuple[str, str] | None = None) -> int | None:
    """Make what is cached for these members unreachable; call it once the change is committed.

    `event` is a channel and a text to publish in the same round trip; None is returned when Redis failed.
    """
    keys = {_epoch_key(user_id) for user_id in user_ids}
    if not event or not keys:
        _end(keys)
        return publish(*event) if event else None
    count_ended(len(keys))
    listeners = cache.delete_and_publish(keys, *event)
    if listeners is None:
        debts.owe(keys)
    return listeners


def forget_everything() -> None:
    """Make all that is cached unreachable: for changes that touch more members than one wants to list."""
    _end({_epoch_key(EVERYBODY)})


def forget_shown(user_id: int, counterparts: Iterable[int] | None) -> None:
    """Make unreachable what shows this member; None: to more members than one wants to list."""
    if counterparts is None:
        forget_everything()
    else:
        _end({_epoch_key(NAMES), *map(_epoch_key, (user_id, *counterparts))})


def publish(channel: str, text: str) -> int | None:
    """Pass something on to whoever listens now; None when Redis failed. Nothing of it is kept."""
    return cache.publish(channel, text)


def _end(keys: set[str]) -> None:
    count_ended(len(keys))
    if keys and cache.delete_many(keys) is None:
        debts.owe(keys)


def _epoch_key(user_id: int | str) -> str:
    return f"epoch:{user_id}"


def _new_epoch() -> str:
    return secrets.token_hex(8)


# Of the epochs that could not be ended; from 1,000 on everybody's stands for all. While there are any, this
# process uses nothing from the cache.
debts = Debts(1_000, _epoch_key(EVERYBODY), metrics.EPOCH_DEBTS)


# --- Pages ----------------------------------------------------------------------------------------
def page_key(user_id: int | None, epoch: str, varies: Iterable[str]) -> str:
    """`varies`: everything else that the page depends on."""
    owner = "anyone" if user_id is None else user_id
    return f"page:{VERSION}:{owner}:{epoch}:{_digest(*varies)}"


def load_page(key: str) -> tuple[dict[str, str], bytes] | None:
    """Headers and body."""
    return cache.get(key)


def store_page(key: str, headers: dict[str, str], body: bytes, seconds: int) -> None:
    cache.set(key, [headers, body], seconds)


# --- The cache test page -------------------------------------------------------------------------
def load_test(user_id: int, epoch: str) -> int | None:
    return cache.get(_test_key(user_id, epoch))


def store_test(user_id: int, epoch: str, number: int) -> None:
    cache.set(_test_key(user_id, epoch), number, TEST_SECONDS)


def seconds_left_of_test(user_id: int, epoch: str) -> int | None:
    """None when nothing is stored, or the cache cannot be asked."""
    return cache.ttl(_test_key(user_id, epoch)) or None


def _test_key(user_id: int, epoch: str) -> str:
    return f"test:{VERSION}:{user_id}:{epoch}"


# --- Values ---------------------------------------------------------------------------------------
def badges(user_id: int, count: Callable[[], dict[str, int]], epoch: str | None = None) -> dict[str, int]:
    """What the member's badges show; counted by one of many who ask at once.

    `epoch`: the member's, when it was read already and nothing was changed since.
    """
    # What is read inside a transaction may never be committed.
    epoch = None if connection.in_atomic_block else epoch or epoch_of(user_id)
    if epoch is None:
        return count()
    return cache.get_or_set(f"badges:{VERSION}:{user_id}:{epoch}", count, BADGE_SECONDS)


def suggestions(start: str, find: Callable[[], list[str]]) -> list[str]:
    """Names of members that begin with `start`; a name that is new may be missing for a while."""
    epoch = epoch_of(NAMES)
    if epoch is None:
        return find()
    return cache.get_or_set(f"suggestions:{VERSION}:{epoch}:{_digest(start)}", find, SUGGESTION_SECONDS)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode(errors="backslashreplace")).hexdigest()
