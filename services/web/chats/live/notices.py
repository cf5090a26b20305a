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

# What a notice can be about: a new message, an edit, messages read, a message marked unread again, a message
# deleted; what the badges count; a counterpart who was renamed, deactivated, activated or erased; anything at
# all; and, for us alone, whether the member may still listen.
NEW, EDITED, READ, UNREAD, DELETED, COUNTED = "new", "edited", "read", "unread", "deleted", "counted"
MEMBER, SYNC, CHECK = "member", "sync", "check"
Where = int | None | list[int]
MOST = 1_000  # Members that one notice names.
EVERYBODY = "everybody"


def channel() -> str:
    """Redis' channels know no number of a database, so this one has the name of ours."""
    return f"bobbin:{connection.settings_dict['NAME']}:notices"


def place_of(message: Message) -> dict[str, Where]:
    """Where a message is, for `tell`. Taken before the commit: a message that is deleted loses its id."""
    return {
        "conversation": message.conversation_id,
        "thread": message.thread_root_id or message.pk,
        "message": message.pk,
    }


def tell(user_ids: Collection[int] | None, kind: str, **where: Where) -> None:
    """Tell these members, or everybody, what happened; call it once that is committed."""
    if user_ids is None:
        _tell_or_owe(None, kind, where)
        return
    members = iter(sorted(set(user_ids)))
    while some := list(islice(members, MOST)):
        _tell_or_owe(some, kind, where)


def forget_and_tell(user_ids: Collection[int], kind: str, **where: Where) -> None:
    """Invalidate what is cached for these members and tell them: for up to MOST, in one round trip."""
    members = sorted(set(user_ids))
    if not members or len(members) > MOST:
        cache.forget_member(members)
        tell(members, kind, **where)
    elif cache.forget_member(members, (channel(), _notice(members, kind, where))) is None:
        untold.owe({str(user_id) for user_id in members})


def tell_read(reader_id, *, writer_ids, conversation_id, thread, first, last, ids, **kwargs) -> None:
    """Tell both people of what was read; of very much, without saying what it was."""
    if conversation_id is None:
        tell([reader_id], COUNTED)
        tell(writer_ids, SYNC)
        return
    # What stands between exact ids may not have been seen.
    exactly = {"ids": ids} if ids is not None and len(ids) > 1 else {}
    place = {"conversation": conversation_id, "thread": thread, "first": first, "message": last}
    tell([reader_id, *writer_ids], READ, reader=reader_id, **place, **exactly)


def _tell_or_owe(user_ids: list[int] | None, kind: str, where: dict[str, Where]) -> None:
    if _publish(user_ids, kind, where) is None:
        untold.owe({EVERYBODY} if user_ids is None else {str(user_id) for user_id in user_ids})


def _publish(user_ids: list[int] | None, kind: str, where: dict[str, Where]) -> int | None:
    return cache.publish(channel(), _notice(user_ids, kind, where))


def _notice(user_ids: list[int] | None, kind: str, where: dict[str, Where]) -> str:
    return json.dumps({"to": user_ids, "kind": kind} | where, separators=(",", ":"))


def _tell_untold(keys: set[str]) -> int | None:
    """Who could not be told what happened is told that something did."""
    return _publish(None if EVERYBODY in keys else [int(key) for key in keys], SYNC, {})


# The members who could not be told, because Redis could not be reached; many of them stand for everybody.
untold = Debts(MOST, EVERYBODY, pay=_tell_untold)
