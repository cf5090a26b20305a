"""Groups of messages in a conversation: what comes before a message, and whether it continues a group.

groups.js applies the same rules with the days of the browser's time zone, also after a change of the page.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta, tzinfo
from typing import Any, NamedTuple

from chats.times import date_of

TOGETHER = timedelta(minutes=5)  # The longest time between two messages of a group.


class Place(NamedTuple):
    is_day: bool = False  # The first message of its day on this page.
    begins_new: bool = False  # The first unread message on this page.
    is_more: bool = False  # It continues the group of the message before it, so its author is not repeated.


def places(messages: Sequence[Any], reader_id: int, zone: tzinfo) -> Iterator[Place]:
    """Yield the place of each message of a page, for the user `reader_id`. `zone` is that of the days."""
    before, latest, has_new = None, None, False
    for message in messages:
        day = date_of(message.timestamp, zone)
        is_day, latest = day != latest, day
        begins_new = not has_new and message.sender_id != reader_id and not message.read
        has_new = has_new or begins_new
        yield Place(is_day, begins_new, not is_day and not begins_new and _is_together(before, message))
        before = message


def _is_together(before: Any, message: Any) -> bool:
    is_soon: bool = message.timestamp - before.timestamp <= TOGETHER
    return is_soon and before.sender_id == message.sender_id
