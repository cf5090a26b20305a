"""The rows of the inbox, the unread list, and the pages of messages, as HTML.

The HTML is in macros of the template `chats/_rows.html` (chats/row_formats.py). This module computes the
values of each row, and escapes the texts of users among them.
"""

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.http import HttpResponse
from markupsafe import Markup, escape

from chats.addresses import at_message, message_urls, opening_urls
from chats.links import parts
from chats.row_formats import call_macro, row_formats
from chats.row_memo import RowMemo
from chats.times import utc
from messaging.excerpts import begin, first_words
from messaging.querysets import EXCERPT, LONG_EXCERPT
from messaging.threads import flatten

# Placeholder for the rows of a page. The texts of users cannot contain it, because they are escaped.
PLACE = Markup("<%rows%>")
LABEL = 30  # Characters of a message in the accessible names of its controls.
DEEPEST_INDENT = 6  # Deeper replies keep this indent and quote the message that they answer.


class InboxKind(NamedTuple):
    is_mine: bool
    is_unread: bool


class MessageKind(NamedTuple):
    """The conditions of the macro `message_row`."""

    nested: bool
    can_reply: bool
    is_reply: bool
    is_mine: bool
    is_new: bool
    is_seen: bool
    is_edited: bool
    has_answer: bool  # Whether the row has a link to the message that it answers.


class MessageRow(NamedTuple):
    id: int
    is_new: bool
    html: bytes  # Encoded, because encoding takes a tenth of the time of a row.


Memo = RowMemo[tuple[Any, MessageRow]]


class Page(NamedTuple):
    """The values that all rows of a page share."""

    reader_id: int
    counterpart: Markup
    ids: set[int]
    nested: bool
    can_reply: bool


INBOX = row_formats("inbox_row", InboxKind)
UNREAD = row_formats("unread_row", lambda: None)
MESSAGE = row_formats("message_row", MessageKind)


def inbox_rows(rows: Iterable[Any], reader_id: int) -> Markup:
    """Return the rows of an inbox. `rows` come from ParticipantQuerySet.inbox_rows."""
    url = opening_urls()
    made = []
    for row in rows:
        iso, title, clock = utc(row.sent_at)
        is_unread = row.unread_count > 0
        values = {
            "conversation": str(row.conversation_id),
            "name": escape(row.name),
            "url": url(row.name, row.conversation_id, row.last_message_id, is_unread),  # Percent-encoded.
            "iso": iso,
            "title": title,
            "clock": clock,
            "excerpt": escape(begin(row.excerpt, EXCERPT)),
            "unread_count": str(row.unread_count),
        }
        made.append(INBOX(row.sender_id == reader_id, is_unread).filled(values))
    return _joined(made)


def unread_rows(rows: Iterable[Any]) -> Markup:
    """Return the rows of an unread list. `rows` come from MessageQuerySet.for_list."""
    message_url = message_urls()
    made = []
    for row in rows:
        iso, title, clock = utc(row.timestamp)
        values = {
            "id": str(row.id),
            "url": message_url(row.name, row.id),
            "conversation": str(row.conversation_id),
            "name": escape(row.name),
            "iso": iso,
            "title": title,
            "clock": clock,
            "excerpt": escape(begin(row.excerpt, LONG_EXCERPT)),
        }
        made.append(UNREAD().filled(values))
    return _joined(made)


def message_rows(
    messages: Sequence[Any],
    reader_id: int,
    counterpart: str,
    *,
    nested: bool,
    can_reply: bool,
    memo: Memo | None = None,
) -> list[MessageRow]:
    """Return the rows of a page for the user `reader_id`. `messages` come from MessageQuerySet.for_display.

    `nested` puts replies below their parents. These rows have no link to the thread, because it is this page.
    `can_reply` is False if the account of the counterpart is deactivated. `memo` keeps the rows.
    """
    ids = {message.id for message in messages}
    page = Page(reader_id, escape(counterpart), ids, nested, can_reply)
    placed = flatten(messages) if nested else [(message, 0) for message in messages]
    if memo is None:
        return [_row(page, message, depth) for message, depth in placed]
    made, new = [], {}
    for message, depth in placed:
        # Everything that a row depends on. A test fails for each part that is missing. Comparing the values
        # takes less time than hashing them for a key.
        key = reader_id, nested, message.id
        values = counterpart, can_reply, depth, message.parent_message_id in ids, message
        kept = memo.get(key)
        if kept is None or kept[0] != values:
            kept = new[key] = values, _row(page, message, depth)
        made.append(kept[1])
    if new:
        # The values have the texts that the row shows, and take less memory than the row.
        memo.add(new, sum(2 * len(row.html) for _, row in new.values()))
    return made


def _row(page: Page, message: Any, depth: int) -> MessageRow:
    pk, content, parent = message.id, message.content, message.parent_message_id
    is_mine = message.sender_id == page.reader_id
    is_new = not is_mine and not message.read
    has_answer = _has_answer(page, parent, depth)
    iso, title, clock = utc(message.timestamp)
    author = "your message" if is_mine else page.counterpart
    values = {
        "id": str(pk),
        "key": _key(pk),
        "indent": str(min(depth, DEEPEST_INDENT)),
        "depth": str(depth),
        "author": "You" if is_mine else page.counterpart,
        "iso": iso,
        "title": title,
        "clock": clock,
        "label": f"{author}: \u2018{escape(first_words(content, LABEL))}\u2019",
        "content": call_macro("linked_text", parts(content)) if "://" in content else escape(content),
        "parent": str(parent),
        "thread": str(message.thread),
    }
    if has_answer:
        values["answers"] = "you" if message.parent_sender_id == page.reader_id else page.counterpart
        values["parent_url"] = f"#m{parent}" if parent in page.ids else at_message("", parent)
        values["parent_excerpt"] = escape(begin(message.parent_excerpt, EXCERPT))
    format_for_row = MESSAGE(
        page.nested, page.can_reply, parent is not None, is_mine, is_new, is_mine and message.read,
        message.edited, has_answer,
    )  # fmt: skip
    return MessageRow(pk, is_new, format_for_row.filled(values).encode())


def _key(pk: int) -> str:
    """Return the id in Base64 without leading zeros: a row repeats it in a dozen places."""
    return b2a_base64(pk.to_bytes(8, "big"), newline=False).lstrip(b"A").rstrip(b"=").decode()


def _has_answer(page: Page, parent: int | None, depth: int) -> bool:
    """Return whether the row must name the message that it answers.

    Up to DEEPEST_INDENT, the indentation already shows which message is answered.
    """
    return parent is not None and not (page.nested and parent in page.ids and depth <= DEEPEST_INDENT)


def _joined(rows: Iterable[str]) -> Markup:
    """Return the HTML of these rows, whose texts are escaped."""
    return Markup("".join(rows))  # noqa: S704


def put_into(response: HttpResponse, rows: Iterable[MessageRow]) -> None:
    """Put the rows into a page that has PLACE."""
    response.content = response.content.replace(PLACE.encode(), b"".join(row.html for row in rows), 1)
