"""The small part of Markdown that messages may contain: bold, italic, code, quotes and lists.

A line break stays a line break. There is no HTML, and no link whose text differs from its address. The
database keeps the source.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from chats.blocks import QUOTED, Block, BlockReader
from chats.row_formats import row_formats
from chats.spans import Span, SpanReader
from messaging.content import VISIBLE
from messaging.excerpts import begin, first_words
from messaging.querysets import EXCERPT

# A block that no other marker announces. A list has two items, so one of them is not in the first line.
BLOCK_BELOW = re.compile(r"\n(?:>|[ \t]*(?:-|[0-9]{1,3}\.)[ \t])")
HEADING = 60  # Characters of a message in the heading of its thread.


class BlockKind(NamedTuple):
    """The conditions of the macro `block`."""

    name: str
    has_number: bool = False


class SpanKind(NamedTuple):
    """The conditions of the macro `span`."""

    is_link: bool
    is_bold: bool
    is_italic: bool
    is_code: bool


BLOCK = row_formats("block", BlockKind)
SPAN = row_formats("span", SpanKind)


def formatted(text: str) -> Markup:
    """Return the HTML of a message's text."""
    return html_and_words(text)[0]


def html_and_words(text: str) -> tuple[Markup, str]:
    """Return the HTML of a message's text, and the text without markers."""
    if "://" not in text and not _has_markers(text):
        return escape(text), text
    made = blocks(text)
    return Markup(_html(made)), plain(made)  # noqa: S704  # The texts in it are escaped.


def without_markers(text: str) -> str:
    """Return a text, or the beginning of one, without markers."""
    return plain(blocks(text)) if _has_markers(text) else text


def heading(excerpt: str) -> str:
    """Return the first words of a text on one line and without markers, from an excerpt of the text."""
    return first_words(without_markers(begin(excerpt, EXCERPT)), HEADING)


def _has_markers(text: str) -> bool:
    """Return whether the text may have a marker. A regular expression for all would take longer."""
    if "*" in text or "_" in text or "`" in text or text.startswith(QUOTED):
        return True
    return "\n" in text and BLOCK_BELOW.search(text) is not None


def blocks(text: str) -> Sequence[Block]:
    """Return the blocks of a text. Its source is one block of text if it would show nothing."""
    if "\n" in text or text.startswith(QUOTED):
        made = list(BlockReader().blocks(text.split("\n")))
    else:
        made = [Block("text", list(SpanReader().spans(text)))]
    return made if VISIBLE.search(plain(made)) else [Block("text", [Span(text)])]


def plain(made: Sequence[Block]) -> str:
    """Return the text of these blocks without markers, but with the dashes and the numbers of lists."""
    return "\n".join(_lines(made))


def _lines(made: Sequence[Block]) -> Iterator[str]:
    for block in made:
        if block.kind == "item":
            yield f"{f'{block.number}.' if block.number else '-'} {plain(block.blocks)}"
        elif block.blocks:
            yield from _lines(block.blocks)
        else:
            yield "".join(span.text for span in block.spans)


def _html(made: Sequence[Block]) -> str:
    """Return the HTML of these blocks: their texts are escaped and put into the formats of the template."""
    html = []
    for kind, spans, inner, number in made:
        if inner:
            html.append(BLOCK("", kind, number != "").filled({"inner": _html(inner), "number": number}))
        else:
            line = "".join(map(_span, spans))
            html.append(line if kind == "text" else BLOCK("", kind).filled({"inner": line}))
    return "".join(html)


def _span(span: Span) -> str:
    text, address, *style = span
    if not address and True not in style:
        return escape(text)
    return SPAN("", address != "", *style).filled({"text": escape(text), "address": escape(address)})
