"""The order of the messages of a page: of time, or as a tree."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from chats.groups import Place, places
from messaging.threads import flatten

DEEPEST_INDENT = 6  # Deeper replies keep this indent and name the message that they answer.


class Placed(NamedTuple):
    message: Any
    depth: int
    place: Place
    follows: bool  # Whether it answers the message before it.
    has_read_time: bool  # Whether it is the newest own message that the counterpart has read at a known time.


def in_order(messages: Sequence[Any], reader_id: int, zone: tzinfo, *, nested: bool) -> list[Placed]:
    """Return the messages of a page in the order of its rows. `zone` is that of the days.

    `nested` puts replies below their parents.
    """
    # After a rollback, an unread message may have the time of an earlier reading.
    own = (one for one in reversed(messages) if one.sender_id == reader_id)
    newest = next((one.id for one in own if one.read and one.read_at), None)
    if nested:  # The row before a message is not always the message that came before it.
        return [Placed(one, depth, Place(), False, one.id == newest) for one, depth in flatten(messages)]
    before = [None, *(message.id for message in messages)]
    return [
        Placed(one, 0, place, one.parent_message_id == previous, one.id == newest)
        for one, place, previous in zip(messages, places(messages, reader_id, zone), before, strict=False)
    ]


def names_parent(placed: Placed, ids: set[int], *, nested: bool, in_thread: bool) -> bool:
    """Return whether the row of a message must name the message that it answers. `ids` are those of the page.

    Up to DEEPEST_INDENT, the indentation already shows which message is answered. In the order of time, a
    reply in a thread answers the message before it, or the thread as a whole.
    """
    parent = placed.message.parent_message_id
    if parent is None:
        return False
    if nested:
        return parent not in ids or placed.depth > DEEPEST_INDENT
    return not in_thread or not (placed.follows or parent == placed.message.thread)
