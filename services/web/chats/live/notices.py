"""Notices of changes. They say where something changed, never what: ids, no names, no texts.

They go through Redis and are not kept. Whoever misses one looks again: a page asks what changed when its
stream begins, and once in a while in any case.
"""

import json
from collections.abc import Collection
from itertools import islice

from django.db import connection

from chats import cache
from messaging.models import Message
from observability.debts import Debts

# What a notice can be about: a new message, an edit, messages read, a message deleted; what the badges count;
# anything at all; and, for us alone, whether the member may still listen.
NEW, EDITED, READ, DELETED, COUNTED = "new", "edited", "read", "deleted", "counted"
SYNC, CHECK = "sync", "check"
MOST = 1_000  # Members that one notice names.
EVERYBODY = "everybody"


def channel() -> str:
    """Redis' channels know no number of a database, so this one has the name of ours."""
    return f"bobbin:{connection.settings_dict['NAME']}:notices"


def place_of(message: Message) -> dict[str, int | None]:
    """Where a message is, for `tell`. Taken before the commit: a message that is deleted loses its id."""
    return {
        "conversation": message.conversation_id,
        "thread": message.thread_root_id or message.pk,
        "message": message.pk,
    }


def tell(user_ids: Collection[int] | None, kind: str, **where: int | None) -> None:
    """Tell these members, or everybody, what happened; call it once that is committed."""
    if user_ids is None:
        _tell_or_owe(None, kind, where)
        return
    members = iter(sorted(set(user_ids)))
    while some := list(islice(members, MOST)):
        _tell_or_owe(some, kind, where)


def _tell_or_owe(user_ids: list[int] | None, kind: str, where: dict[str, int | None]) -> None:
    if _publish(user_ids, kind, where) is None:
        untold.owe({EVERYBODY} if user_ids is None else {str(user_id) for user_id in user_ids})


def _publish(user_ids: list[int] | None, kind: str, where: dict[str, int | None]) -> int | None:
    notice = {"to": user_ids, "kind": kind} | where
    return cache.publish(channel(), json.dumps(notice, separators=(",", ":")))


def _tell_untold(keys: set[str]) -> int | None:
    """Who could not be told what happened is told that something did."""
    return _publish(None if EVERYBODY in keys else [int(key) for key in keys], SYNC, {})


# The members who could not be told, because Redis could not be reached; many of them stand for everybody.
untold = Debts(MOST, EVERYBODY, pay=_tell_untold)
