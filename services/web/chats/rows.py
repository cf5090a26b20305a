"""The values of the rows of messages. The template `chats/_rows.html` contains their HTML.

A page has 50 messages. A template looks up and calls slower than Python, so it only prints these values.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chats.addresses import addresses
from chats.links import Part, parts
from chats.times import Time, utc
from messaging.excerpts import begin, first_words
from messaging.querysets import EXCERPT
from messaging.threads import flatten

LABEL = 30  # Characters of a message in the accessible names of its controls.
DEEPEST_INDENT = 6  # Deeper replies keep this indent and quote the message that they answer.


class MessageRow(NamedTuple):
    """A message on a page. The template unpacks it in this order. A row without a link has an empty URL."""

    id: int
    key: str  # The id in hexadecimal, for the ids of elements: these make up a tenth of a page.
    keys: str  # The end of `aria-labelledby`: the ids of the control and of the label.
    indent: int
    depth: int
    author: str
    is_mine: bool
    is_new: bool
    is_seen: bool
    time: Time
    label: str  # The author and the first words, for the accessible names of the controls.
    answers: str  # The author of the parent message, if the row has a link to it.
    parent_id: int | None
    parent: str
    parent_excerpt: str
    parts: list[Part]
    url: str
    history: str
    reply: str
    edit: str
    thread: str
    mark_unread: str


class Page(NamedTuple):
    """The values that all rows of a page share."""

    reader_id: int
    counterpart: str
    ids: set[int]
    to: dict[str, Callable[[Any], str]]
    nested: bool
    can_reply: bool


def message_rows(
    messages: Sequence[Any], reader_id: int, counterpart: str, *, nested: bool, can_reply: bool
) -> list[MessageRow]:
    """Return the rows of a page for the user `reader_id`. `messages` come from MessageQuerySet.for_display.

    `nested` puts replies below their parents. These rows have no link to the thread, because it is this page.
    `can_reply` is False if the account of the counterpart is deactivated.
    """
    names = ("message", "history", "reply", "edit", "thread", "mark_unread")
    to = {name: addresses(f"chats:{name}") for name in names}
    page = Page(reader_id, counterpart, {message.id for message in messages}, to, nested, can_reply)
    placed = flatten(messages) if nested else [(message, 0) for message in messages]
    return [_row(page, message, depth) for message, depth in placed]


def _row(page: Page, message: Any, depth: int) -> MessageRow:
    pk, to = message.id, page.to
    is_mine = message.sender_id == page.reader_id
    key = f"{pk:x}"
    author = "your message" if is_mine else page.counterpart
    answers = _answers(page, message, depth)
    # In the order of the fields: arguments with names would take a twentieth of the time of a row.
    return MessageRow(
        pk,
        key,
        f"{key} w{key}",
        min(depth, DEEPEST_INDENT),
        depth,
        "You" if is_mine else page.counterpart,
        is_mine,
        not is_mine and not message.read,
        is_mine and message.read,
        utc(message.timestamp),
        f"{author}: \u2018{first_words(message.content, LABEL)}\u2019",
        answers,
        message.parent_message_id,
        _parent(page, message.parent_message_id) if answers else "",
        begin(message.parent_excerpt, EXCERPT) if answers else "",
        parts(message.content),
        to["message"](pk),
        to["history"](pk) if message.edited else "",
        to["reply"](pk) if page.can_reply else "",
        to["edit"](pk) if is_mine else "",
        "" if page.nested else to["thread"](message.thread),
        "" if is_mine else to["mark_unread"](pk),
    )


def _answers(page: Page, message: Any, depth: int) -> str:
    """Return the author of the parent message; empty if the page need not name the author."""
    parent = message.parent_message_id
    # Up to DEEPEST_INDENT, the indentation already shows which message is answered.
    if parent is None or (page.nested and parent in page.ids and depth <= DEEPEST_INDENT):
        return ""
    return "you" if message.parent_sender_id == page.reader_id else page.counterpart


def _parent(page: Page, parent: int) -> str:
    return f"#m{parent}" if parent in page.ids else page.to["message"](parent)
