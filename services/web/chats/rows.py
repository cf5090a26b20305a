"""The values of the rows of messages. The template `chats/_rows.html` contains their HTML.

A page has 50 messages. A template looks up and calls slower than Python, so it only prints these values.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from chats.addresses import addresses
from chats.links import Part, parts
from chats.pages import Line
from chats.times import Time, utc
from messaging.excerpts import begin, first_words
from messaging.querysets import EXCERPT

LABEL = 30  # Characters of a message in the accessible names of its controls.
Addresses = dict[str, Callable[[Any], str]]


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


def message_rows(lines: Iterable[Line], *, nested: bool, can_reply: bool) -> list[MessageRow]:
    """Return the rows of these lines. `can_reply` is False if the account of the counterpart is deactivated.

    The rows of a nested page have no link to the thread, because it is this page.
    """
    names = ("message", "history", "reply", "edit", "thread", "mark_unread")
    to = {name: addresses(f"chats:{name}") for name in names}
    return [_row(line, to, nested, can_reply) for line in lines]


def _row(line: Line, to: Addresses, nested: bool, can_reply: bool) -> MessageRow:
    row, is_mine = line.row, line.mine
    pk = row.id
    key = f"{pk:x}"
    author = "your message" if is_mine else line.author
    # In the order of the fields: arguments with names would take a twentieth of the time of a row.
    return MessageRow(
        pk,
        key,
        f"{key} w{key}",
        line.indent,
        line.depth,
        line.author,
        is_mine,
        line.is_new,
        is_mine and row.read,
        utc(row.timestamp),
        f"{author}: \u2018{first_words(row.content, LABEL)}\u2019",
        line.answers,
        row.parent_message_id,
        _parent(line, to) if line.answers else "",
        begin(row.parent_excerpt, EXCERPT) if line.answers else "",
        parts(row.content),
        to["message"](pk),
        to["history"](pk) if row.edited else "",
        to["reply"](pk) if can_reply else "",
        to["edit"](pk) if is_mine else "",
        "" if nested else to["thread"](row.thread),
        "" if is_mine else to["mark_unread"](pk),
    )


def _parent(line: Line, to: Addresses) -> str:
    parent = line.row.parent_message_id
    return f"#m{parent}" if line.parent_is_here else to["message"](parent)
