"""The rows of the inbox, the unread list and the list of threads, as HTML; see also chats/rows.py."""

from collections.abc import Callable, Iterable
from sys import getsizeof
from typing import Any, NamedTuple

from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language
from markupsafe import Markup, escape

from chats.addresses import addresses, at_message, message_urls, opening_urls
from chats.formatting import heading, without_markers
from chats.initials import color_class, initials
from chats.row_formats import row_formats
from chats.row_memo import RowMemo
from chats.times import local
from messaging.excerpts import begin
from messaging.querysets import EXCERPT, LONG_EXCERPT

Memo = RowMemo[tuple[Any, str]]


class InboxKind(NamedTuple):
    is_mine: bool
    is_unread: bool
    for_script: bool  # times.js fills in the texts of times.


class ThreadKind(NamedTuple):
    is_mine: bool  # Whether the last reply is the reader's.
    is_unread: bool


INBOX = row_formats("inbox_row", InboxKind)
THREAD = row_formats("thread_row", ThreadKind)
UNREAD = row_formats("unread_row", lambda: None)


# The rows of about 100 pages. A list that is made again differs in few rows from the list before.
# The values of a row, beside the texts that its HTML has too, take about as many bytes as this.
OF_A_ROW = 400
ROWS: Memo = RowMemo(2 * 2**20, seconds=60)


def inbox_rows(
    rows: Iterable[Any], reader_id: int, *, for_script: bool = False, memo: Memo | None = ROWS
) -> Markup:
    """Return the rows of an inbox. `rows` come from ParticipantQuerySet.inbox_rows. `memo` keeps them."""
    url, language, zone = opening_urls(), get_language(), get_current_timezone()

    def made(row: Any) -> str:
        at = local(row.sent_at, language, zone)
        is_unread = row.unread_count > 0
        values = {
            "conversation": str(row.conversation_id),
            "name": escape(row.name),
            "url": url(row.name, row.conversation_id, row.last_message_id, is_unread),  # Percent-encoded.
            "initials": initials(row.name),
            "color": color_class(row.counterpart_id),
            "iso": at.iso,
            "title": at.long,
            "text": at.text,
            "excerpt": escape(without_markers(begin(row.excerpt, EXCERPT))),
            "unread_count": str(row.unread_count),
        }
        return INBOX(language, row.sender_id == reader_id, is_unread, for_script).filled(values)

    return _joined(made, rows, memo, ("inbox", language, zone, reader_id, for_script), "conversation_id")


def unread_rows(rows: Iterable[Any], *, memo: Memo | None = ROWS) -> Markup:
    """Return the rows of an unread list. `rows` come from MessageQuerySet.for_list. `memo` keeps them."""
    url, language, zone = message_urls(), get_language(), get_current_timezone()

    def made(row: Any) -> str:
        at = local(row.timestamp, language, zone)
        values = {
            "id": str(row.id),
            "url": url(row.name, row.id),
            "conversation": str(row.conversation_id),
            "name": escape(row.name),
            "initials": initials(row.name),
            "color": color_class(row.sender_id),
            "iso": at.iso,
            "title": at.long,
            "text": at.text,
            "excerpt": escape(without_markers(begin(row.excerpt, LONG_EXCERPT))),
        }
        return UNREAD(language).filled(values)

    return _joined(made, rows, memo, ("unread", language, zone), "id")


def thread_rows(rows: Iterable[Any], reader_id: int, *, memo: Memo | None = ROWS) -> Markup:
    """Return the rows of a list of threads. `rows` come from ThreadQuerySet.rows. `memo` keeps them.

    A thread with unread messages opens at the first one, any other at its last reply.
    """
    url, language, zone = addresses("chats:thread"), get_language(), get_current_timezone()

    def made(row: Any) -> str:
        at, page = local(row.replied_at, language, zone), url(row.root_id)
        values = {
            "root": str(row.root_id),
            "conversation": str(row.conversation_id),
            "name": escape(row.name),
            "url": page if row.is_unread else at_message(page, row.last_reply_id),
            "initials": initials(row.name),
            "color": color_class(row.counterpart_id),
            "iso": at.iso,
            "title": at.long,
            "text": at.text,
            "heading": escape(heading(row.excerpt)),
            "reply": escape(without_markers(begin(row.reply, EXCERPT))),
        }
        return THREAD(language, row.sender_id == reader_id, row.is_unread).filled(values)

    return _joined(made, rows, memo, ("thread", language, zone, reader_id), "root_id")


def _joined(
    make: Callable[[Any], str],
    rows: Iterable[Any],
    memo: Memo | None,
    shared: tuple[Any, ...],
    identifier: str,
) -> Markup:
    """Return the HTML of these rows, whose texts `make` escapes.

    `make` returns the HTML of one row. It depends on the row and on `shared`, which begins with the kind of
    list. `identifier` is the attribute of a row that tells it from the others of its list.
    """
    if memo is None:
        return Markup("".join(map(make, rows)))  # noqa: S704
    made, new = [], {}
    for row in rows:
        key = shared, getattr(row, identifier)
        kept = memo.get(key)
        if kept is None or kept[0] != row:
            kept = new[key] = row, make(row)
        made.append(kept[1])
    if new:
        memo.add(new, sum(2 * getsizeof(html) + OF_A_ROW for _, html in new.values()))
    return Markup("".join(made))  # noqa: S704
