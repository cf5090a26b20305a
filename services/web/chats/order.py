"""The order of the messages of a page: of time, or as a tree."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from chats.groups import Place, places
from messaging.threads import flatten


class Placed(NamedTuple):
    message: Any
    depth: int
    place: Place
    follows: bool  # Whether it answers the message before it.


def in_order(messages: Sequence[Any], reader_id: int, zone: tzinfo, *, nested: bool) -> list[Placed]:
    """Return the messages of a page in the order of its rows. `zone` is that of the days.

    `nested` puts replies below their parents.
    """
    if nested:  # The row before a message is not always the message that came before it.
        return [Placed(message, depth, Place(), False) for message, depth in flatten(messages)]
    before = [None, *(message.id for message in messages)]
    return [
        Placed(message, 0, place, message.parent_message_id == previous)
        for message, place, previous in zip(messages, places(messages, reader_id, zone), before, strict=False)
    ]
