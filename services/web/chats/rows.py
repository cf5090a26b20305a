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
    """A message on a page. A row without a link or a button has an empty URL in its place."""

    id: int
    key: str  # The id in hexadecimal, for the ids of elements: these make up a tenth of a page.
    keys: str  # The end of `aria-labelledby`: the ids of the control and of the label.
    line: Line
    time: Time
    label: str  # The author and the first words, for the accessible names of its controls.
    parts: list[Part]
    url: str
    history: str
    parent: str
    parent_excerpt: str
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
    row = line.row
    pk = row.id
    key = f"{pk:x}"
    author = "your message" if line.mine else line.author
    return MessageRow(
        id=pk,
        key=key,
        keys=f"{key} w{key}",
        line=line,
        time=utc(row.timestamp),
        label=f"{author}: \u2018{first_words(row.content, LABEL)}\u2019",
        parts=parts(row.content),
        url=to["message"](pk),
        history=to["history"](pk) if row.edited else "",
        parent=_parent(line, to) if line.answers else "",
        parent_excerpt=begin(row.parent_excerpt, EXCERPT) if line.answers else "",
        reply=to["reply"](pk) if can_reply else "",
        edit=to["edit"](pk) if line.mine else "",
        thread="" if nested else to["thread"](row.thread),
        mark_unread="" if line.mine else to["mark_unread"](pk),
    )


def _parent(line: Line, to: Addresses) -> str:
    parent = line.row.parent_message_id
    return f"#m{parent}" if line.parent_is_here else to["message"](parent)
