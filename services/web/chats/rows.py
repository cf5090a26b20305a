"""The rows of the pages of messages, as HTML.

The HTML is in macros of the template `chats/_rows.html` (chats/row_formats.py). This module computes the
values of each row, and escapes the texts of users among them.
"""

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language, gettext, ngettext
from markupsafe import Markup, escape

from chats.addresses import at_message
from chats.formatting import html_and_words, without_markers
from chats.initials import color_class, initials
from chats.order import DEEPEST_INDENT, Placed, in_order, names_parent
from chats.row_formats import row_formats
from chats.row_memo import RowMemo
from chats.times import local
from messaging.excerpts import begin, first_words
from messaging.numbering import time_of_id
from messaging.querysets import EXCERPT, MOST_REPLIES

# Placeholder for the rows of a page. The texts of users cannot contain it, because they are escaped.
PLACE = Markup("<%rows%>")
LABEL = 30  # Characters of a message in the accessible names of its controls.


class MessageKind(NamedTuple):
    """The conditions of the macro `message_row`."""

    nested: bool
    in_thread: bool
    can_reply: bool
    is_reply: bool
    is_mine: bool
    is_new: bool
    is_seen: bool
    has_read_time: bool  # The newest that the counterpart has read.
    is_edited: bool
    has_answer: bool  # Whether the row has a link to the message that it answers.
    has_replies: bool
    for_reading: bool
    is_day: bool  # These three are those of chats/groups.py.
    begins_new: bool
    is_more: bool


class MessageRow(NamedTuple):
    id: int
    is_new: bool
    html: bytes  # Encoded, because encoding takes a tenth of the time of a row.


Memo = RowMemo[tuple[Any, MessageRow]]


class Page(NamedTuple):
    """The values that all rows of a page share."""

    reader_id: int
    own_initials: str
    counterpart: Markup
    initials: str  # Of the counterpart.
    ids: set[int]
    nested: bool
    in_thread: bool
    can_reply: bool
    for_reading: bool
    language: str | None  # This and the next four are read once, because a page has 50 rows.
    zone: tzinfo
    sender: str  # How the user is called: as the author, in a label, and as the one who is answered.
    labelled: str
    answered: str


MESSAGE = row_formats("message_row", MessageKind)


def message_rows(
    messages: Sequence[Any],
    reader_id: int,
    counterpart: str,
    *,
    nested: bool,
    can_reply: bool,
    in_thread: bool = False,
    for_reading: bool = False,
    reader_name: str = "",
    memo: Memo | None = None,
) -> list[MessageRow]:
    """Return the rows of a page for the user `reader_id`. `messages` come from MessageQuerySet.for_display.

    `nested` puts replies below their parents. The rows of a thread (`in_thread`) have no link to it.
    `can_reply` is False if the account of the counterpart is deactivated. Rows `for_reading` have no
    controls. `reader_name` is for the initials. `memo` keeps the rows.
    """
    ids = {message.id for message in messages}
    language, zone = get_language(), get_current_timezone()
    page = Page(
        reader_id, initials(reader_name), escape(counterpart), initials(counterpart), ids, nested,
        in_thread or nested, can_reply, for_reading, language, zone,
        gettext("You"), gettext("your message"), gettext("you"),
    )  # fmt: skip
    placed = in_order(messages, reader_id, zone, nested=nested)
    if memo is None:
        return [_row(page, one) for one in placed]
    made, new = [], {}
    for one in placed:
        # Everything that a row depends on. A test fails for each part that is missing. Comparing the values
        # takes less time than hashing them for a key.
        key = reader_id, nested, page.in_thread, for_reading, language, zone, one.message.id
        has_parent = one.message.parent_message_id in ids
        values = counterpart, can_reply, page.own_initials, has_parent, one
        kept = memo.get(key)
        if kept is None or kept[0] != values:
            kept = new[key] = values, _row(page, one)
        made.append(kept[1])
    if new:
        # The values have the texts that the row shows, and take less memory than the row.
        memo.add(new, sum(2 * len(row.html) for _, row in new.values()))
    return made


def _row(page: Page, placed: Placed) -> MessageRow:
    message, depth, place, _, has_read_time = placed
    pk, content, parent = message.id, message.content, message.parent_message_id
    is_mine = message.sender_id == page.reader_id
    is_new = not is_mine and not message.read
    has_answer = names_parent(placed, page.ids, nested=page.nested, in_thread=page.in_thread)
    at = local(message.timestamp, page.language, page.zone)
    author = page.labelled if is_mine else page.counterpart
    html, words = html_and_words(content)
    values = {
        "id": str(pk),
        "key": _key(pk),
        "indent": str(min(depth, DEEPEST_INDENT)),
        "depth": str(depth),
        "author": page.sender if is_mine else page.counterpart,
        "initials": page.own_initials if is_mine else page.initials,
        "color": color_class(message.sender_id),
        "iso": at.iso,
        "text": at.text,
        "clock": at.clock,
        "day": at.day,
        "label": f"{author}: \u2018{escape(first_words(words, LABEL))}\u2019",
        "content": html,
        "parent": str(parent),
        "thread": str(message.thread),
    }
    if has_answer:
        values["answers"] = page.answered if message.parent_sender_id == page.reader_id else page.counterpart
        values["parent_url"] = (
            f"#m{parent}" if parent in page.ids else escape(at_message("", parent, page.nested))
        )
        values["parent_excerpt"] = escape(without_markers(begin(message.parent_excerpt, EXCERPT)))
    if has_read_time:
        read_at = local(message.read_at, page.language, page.zone)
        values |= {"read_iso": read_at.iso, "read_at": read_at.text}
    count, last = message.thread_replies or (0, 0)
    if count:
        values |= _replies(page, count, time_of_id(last))
    format_for_row = MESSAGE(
        page.language, page.nested, page.in_thread, page.can_reply, parent is not None, is_mine, is_new,
        is_mine and message.read, has_read_time, message.edited, has_answer, count > 0, page.for_reading,
        *place,
    )  # fmt: skip
    return MessageRow(pk, is_new, format_for_row.filled(values).encode())


def _replies(page: Page, count: int, last_at: datetime) -> dict[str, str]:
    """Return the values of the link from a first message to its thread."""
    at = local(last_at, page.language, page.zone)
    shown = count if count <= MOST_REPLIES else f"{MOST_REPLIES}+"
    text = ngettext("%(count)s reply", "%(count)s replies", count) % {"count": shown}
    return {"replies": text, "replied_iso": at.iso, "replied": at.text}


def _key(pk: int) -> str:
    """Return the id in Base64 without leading zeros, which is half as long: each row of a page repeats it."""
    return b2a_base64(pk.to_bytes(8, "big"), newline=False).lstrip(b"A").rstrip(b"=").decode()


def put_into(response: HttpResponse, rows: Iterable[MessageRow]) -> None:
    """Put the rows into a page that has PLACE."""
    response.content = response.content.replace(PLACE.encode(), b"".join(row.html for row in rows), 1)
