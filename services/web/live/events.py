"""Events about changes. An event contains only ids of the changed objects, no names and no texts.

Redis forwards events and does not store them. A page that misses an event still catches up: it fetches
changes when its stream begins, and periodically.
"""

import json
from collections.abc import Collection

from django.db import connection

from caching import generations
from caching.backend import cache
from caching.retry_queue import RetryQueue
from messaging.models import Message
from messaging.signals import Read

# The kinds of events. READ: messages were read. UNREAD: a message was marked unread. COUNTED: the numbers in
# the badges have changed. MEMBER: a counterpart was renamed, deactivated, activated or erased. SYNC: anything
# may have changed. CHECK is for the broker only: it validates the sessions of the user's streams.
NEW, EDITED, READ, UNREAD, DELETED, COUNTED = "new", "edited", "read", "unread", "deleted", "counted"
MEMBER, SYNC, CHECK = "member", "sync", "check"
Where = int | str | None | list[int]
MOST = 1_000  # Users notified in one round trip.
ALL_USERS = "all"


def channel(user_id: int | str) -> str:
    """Return the channel of a user, or of ALL_USERS. Redis shares channels between its numbered databases."""
    return f"bobbin:{connection.settings_dict['NAME']}:events:{user_id}"


def location_of(message: Message) -> dict[str, Where]:
    """Return the ids of a message for `publish`. Call it before the commit: deletion clears the id."""
    return {
        "conversation": message.conversation_id,
        "thread": message.thread_root_id or message.pk,
        "message": message.pk,
    }


def publish(user_ids: Collection[int] | None, kind: str, **where: Where) -> None:
    """Publish an event to these users, or to all (None). Call it after the change is committed."""
    owners = [ALL_USERS] if user_ids is None else list(map(str, set(user_ids)))
    for start in range(0, len(owners), MOST):
        some = owners[start : start + MOST]
        if _publish(some, kind, where) is None:
            pending_events.enqueue(set(some))


def invalidate_and_publish(user_ids: Collection[int], kind: str, **where: Where) -> None:
    """Invalidate the cached entries of these users and publish an event: one round trip for up to MOST."""
    members = set(user_ids)
    if len(members) > MOST:
        generations.invalidate_users(members)
        publish(members, kind, **where)
    elif generations.invalidate_users(members, (map(channel, members), _encode(kind, where))) is None:
        pending_events.enqueue(set(map(str, members)))


def invalidate_and_publish_read(read: Read) -> None:
    """Publish which messages were read, to the reader and the writers; no ids if in all conversations.

    The generation of the writers changes too: a page without a stream checks only that.
    """
    if read.conversation_id is None:
        invalidate_and_publish([read.reader_id], COUNTED)
        invalidate_and_publish(read.writer_ids, SYNC)
        return
    where: dict[str, Where] = {
        "conversation": read.conversation_id,
        "reader": read.reader_id,
        "at": read.at.isoformat(timespec="seconds"),
    }
    invalidate_and_publish([read.reader_id, *read.writer_ids], READ, **where, ids=read.ids)


def _publish(owners: Collection[str], kind: str, where: dict[str, Where]) -> int | None:
    return cache.delete_and_publish((), map(channel, owners), _encode(kind, where))


def _encode(kind: str, where: dict[str, Where]) -> str:
    return json.dumps({"kind": kind} | where, separators=(",", ":"))


# The users whose events failed because Redis was down. More than MOST are replaced by ALL_USERS. A SYNC event
# replaces all events of a user.
pending_events = RetryQueue(MOST, ALL_USERS, operation=lambda owners: _publish(owners, SYNC, {}))
