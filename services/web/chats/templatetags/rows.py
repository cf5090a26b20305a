"""Template tags that build the rows of lists in Python.

A page consists mainly of rows, and a template loop takes ten times as long for each row. As in a template,
every value is escaped unless it is safe.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from chats.addresses import addresses, conversations
from chats.links import linked
from chats.pages import Line
from messaging.excerpts import begin, first_words
from messaging.querysets import EXCERPT, LONG_EXCERPT

register = template.Library()
LABEL = 30  # Characters of a message in the accessible names of its controls.
SAFE = {SafeString, int}

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
IN_INBOX = """
      <li data-counterpart="{name}" data-conversation="{conversation}"{unread_class}>
        <a class="row" href="{address}">
          <span class="who" dir="auto">{name}</span>
          {time}
          <span class="excerpt" dir="auto">{you}{excerpt}</span>{badge}
        </a>
      </li>"""
BADGE = ' <span class="badge"><span class="unread-count">{count}</span><span class="sr"> unread</span></span>'
UNREAD = """
      <li id="m{id}" data-message="{id}" data-conversation="{conversation}" class="is-unread">
        <a class="row" href="{address}">
          <span class="who" dir="auto">{name}</span>
          {time}
          <span class="excerpt content" dir="auto">{excerpt}</span>
        </a>
      </li>"""
# The accessible name of a control consists of its text and a hidden label. The label contains the author and
# the first words of the message. The ids are hexadecimal, because ids make up a tenth of a page.
MESSAGE = """
  <li id="m{id}" class="message indent-{indent}{classes}" data-message="{id}"{depth}>
    <p class="meta">
      <span class="who" dir="auto">{author}</span>
      <a class="quiet" id="p{id:x}" aria-labelledby="p{id:x} w{id:x}" href="{address}">{time}</a>{new}{edited}
<span id="w{id:x}" hidden>{label}</span>
    </p>{answers}
    <div class="content" dir="auto">{content}</div>
    <p class="actions">{reply}{edit}{thread}{unread}</p>
  </li>"""
# Remove the indentation, which only this source needs: a page has 50 messages.
MESSAGE = re.sub(r"\n *(?=<(?!a ))", "", MESSAGE).replace("\n      ", "\n").rstrip()
DEPTH = ' data-depth="{depth}"'
CHILD = ' data-depth="{depth}" data-parent="{parent}"'
EDITED = ' <a class="edited" id="h{id:x}" aria-labelledby="h{id:x} w{id:x}" href="{address}">edited</a>'
ANSWERS = '<p class="answers">In reply to {whom}: <a href="{address}" dir="auto">{excerpt}</a></p>'
REPLY = (
    '<a id="r{id:x}" aria-labelledby="r{id:x} w{id:x}" href="{address}">Reply<span class="sr"> to</span></a>'
)
EDIT = ' <a id="e{id:x}" aria-labelledby="e{id:x} w{id:x}" href="{address}">Edit</a>'
THREAD = (
    ' <a id="t{id:x}" aria-labelledby="t{id:x} w{id:x}" href="{address}">'
    'Thread<span class="sr"> of</span></a>'
)
# All rows share the form in _lines.html, so no row needs a CSRF token.
MARK_UNREAD = (
    ' <button class="link" id="u{id:x}" aria-labelledby="u{id:x} w{id:x}" form="mark-unread"'
    ' formaction="{address}">Mark unread</button>'
)

CLASSES = {
    (mine, is_new): SafeString(" is-mine" * mine + " is-new" * is_new)
    for mine in (False, True)
    for is_new in (False, True)
}
UNREAD_CLASS = mark_safe(' class="is-unread"')
YOU = mark_safe('<span class="quiet">You:</span> ')
NEW = mark_safe(' <span class="new">new</span>')
SEEN = mark_safe(' <span class="seen">read</span>')


def _iso(at: datetime) -> str:
    """Return a time in UTC to the second, as short as HTML allows."""
    return at.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


@register.simple_tag
def time_of(at: datetime) -> SafeString:
    """Return a `<time>` element: the text up to the minute, the title up to the second, both marked as UTC.

    Scripts replace both with the time zone and the language of the browser (times.js).
    """
    at = at.astimezone(UTC)
    iso = _iso(at)
    month, clock = MONTHS[at.month - 1], iso[11:19]
    # No part of it needs escaping. `strftime` would take as long as the rest of the row.
    return SafeString(
        f'<time datetime="{iso}" title="{at.day} {month} {at.year}, {clock} UTC">'
        f"{at.day} {month[:3]} {at.year}, {clock[:5]} UTC</time>"
    )


@register.simple_tag
def day_of(at: datetime) -> SafeString:
    """Return a `<time>` element with the date in UTC, like `time_of`."""
    at = at.astimezone(UTC)
    day = f"{at.day} {MONTHS[at.month - 1]} {at.year}"
    return SafeString(f'<time datetime="{_iso(at)}" data-date-only>{day} (UTC)</time>')


@register.simple_tag
def conversation_address(name: str, pk: int) -> SafeString:
    """Return the URL of the conversation with the user `name`. `pk` is the id of the conversation."""
    return conversations()(name, pk)


@register.simple_tag
def inbox_rows(rows: Iterable[Any], reader_id: int) -> SafeString:
    """Return the HTML of the inbox. `rows` come from ParticipantQuerySet.inbox_rows."""
    conversation = conversations()
    return join(
        fill(
            IN_INBOX,
            name=row.name,
            conversation=row.conversation_id,
            address=conversation(row.name, row.conversation_id),
            time=time_of(row.sent_at),
            you=YOU if row.sender_id == reader_id else "",
            excerpt=begin(row.excerpt, EXCERPT),
            unread_class=UNREAD_CLASS if row.unread_count else "",
            badge=fill(BADGE, count=row.unread_count) if row.unread_count else "",
        )
        for row in rows
    )


@register.simple_tag
def unread_rows(rows: Iterable[Any]) -> SafeString:
    """Return the HTML of the list of unread messages. `rows` come from MessageQuerySet.for_list."""
    message = addresses("chats:message")
    return join(
        fill(
            UNREAD,
            id=row.id,
            conversation=row.conversation_id,
            address=message(row.id),
            name=row.name,
            time=time_of(row.timestamp),
            excerpt=begin(row.excerpt, LONG_EXCERPT),
        )
        for row in rows
    )


@register.simple_tag
def message_rows(lines: Iterable[Line], nested: bool = False, can_reply: bool = True) -> SafeString:
    """Return the HTML of messages.

    `nested` adds the places of the messages in their thread, and omits the links to the thread.
    `can_reply` is False if the account of the counterpart is deactivated.
    """
    names = ("message", "edit", "history", "thread", "mark_unread") + ("reply",) * can_reply
    to = {name: addresses(f"chats:{name}") for name in names}
    return join(_message(line, nested, to) for line in lines)


def _message(line: Line, nested: bool, to: dict[str, Callable[[Any], SafeString]]) -> SafeString:
    row = line.row
    return fill(
        MESSAGE,
        id=row.id,
        indent=line.indent,
        classes=CLASSES[line.mine, line.is_new],
        depth=_place(line) if nested else "",
        author=line.author,
        address=to["message"](row.id),
        time=time_of(row.timestamp),
        new=NEW if line.is_new else SEEN if line.mine and row.read else "",
        label=_label(line),
        edited=fill(EDITED, address=to["history"](row.id), id=row.id) if row.edited else "",
        answers=_answers(line, to["message"]) if line.answers else "",
        content=linked(row.content),
        reply=fill(REPLY, address=to["reply"](row.id), id=row.id) if "reply" in to else "",
        edit=fill(EDIT, address=to["edit"](row.id), id=row.id) if line.mine else "",
        thread="" if nested else fill(THREAD, address=to["thread"](row.thread), id=row.id),
        unread="" if line.mine else fill(MARK_UNREAD, address=to["mark_unread"](row.id), id=row.id),
    )


def _label(line: Line) -> str:
    author = "your message" if line.mine else line.author
    return f"{author}: \u2018{first_words(line.row.content, LABEL)}\u2019"


def _place(line: Line) -> SafeString:
    """Return the attributes by which thread.js inserts a later message at its place in the thread."""
    parent = line.row.parent_message_id
    return fill(DEPTH, depth=line.depth) if parent is None else fill(CHILD, depth=line.depth, parent=parent)


def _answers(line: Line, message: Callable[[Any], SafeString]) -> SafeString:
    parent = line.row.parent_message_id
    address = f"#m{parent}" if line.parent_is_here else message(parent)
    return fill(ANSWERS, whom=line.answers, address=address, excerpt=begin(line.row.parent_excerpt, EXCERPT))


def fill(html: str, **values: Any) -> SafeString:
    """Like `format_html`, but without support for lazy strings, which takes most of its time."""
    for name, value in values.items():
        if type(value) not in SAFE and value != "":
            values[name] = escape(str(value))
    return SafeString(html.format_map(values))


def join(rows: Iterable[SafeString]) -> SafeString:
    return SafeString("".join(rows))
