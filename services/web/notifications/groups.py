"""The notifications of a page, grouped by conversation."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from messaging.excerpts import begin
from messaging.querysets import EXCERPT


class Group(NamedTuple):
    """The notifications of one conversation on a page."""

    message_id: int  # Of the latest message, like the next five.
    conversation_id: int
    sender_id: int
    sender_name: str
    created_at: datetime
    excerpt: str
    messages: int  # Number of those on the page, or of the unread ones if there are any.
    is_unread: bool


def grouped(rows: Iterable[Any]) -> list[Group]:
    """Return the groups in the order of their latest messages. `rows` come from NotificationQuerySet.rows.

    The page groups only its own rows, so its cost does not depend on the number of unread messages.
    """
    conversations: dict[int, list[Any]] = {}
    for row in rows:
        conversations.setdefault(row.conversation_id, []).append(row)
    return [_group(of_one) for of_one in conversations.values()]


def _group(rows: list[Any]) -> Group:
    latest = rows[0]
    unread = sum(not row.read for row in rows)
    return Group(
        latest.message_id,
        latest.conversation_id,
        latest.sender_id,
        latest.sender_name,
        latest.created_at,
        begin(latest.excerpt, EXCERPT),
        unread or len(rows),
        unread > 0,
    )
