"""Quotes, lists and code of several lines in the text of a message.

They are those of Markdown, except where CommonMark would change texts that were not meant as Markdown: a line
after a quote does not belong to it, one item is no list, and numbers, empty lines and indentations stay.

The run time is linear in the length of every text: a line is read once for each of at most `DEEPEST` levels,
and the first `MOST` blocks and items count. The rest is text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chats.spans import Span, SpanReader

DEEPEST = 4  # Levels of quotes and lists. Markers of deeper levels stay text.
# Blocks and items of one text. Without limits, a page of 50 messages of short items needed 1.8 s.
MOST = 200
FIRST = frozenset("`>-*0123456789")  # The first characters of blocks.
IN_LINE = re.compile(r"[*_`]|://")
FENCE = re.compile(r"(`{3,}+)[ \t]*+[\w+#.-]*+[ \t]*+")  # The word is the language, which is not shown.
ITEM = re.compile(r"([ \t]*)([-*]|(?:0|[1-9][0-9]{0,2})\.)[ \t]+(?=\S)")
QUOTED = "> "


class Block(NamedTuple):
    kind: str  # "text", "code", "quote", "bullets", "numbers" or "item".
    spans: Sequence[Span] = ()
    blocks: Sequence["Block"] = ()
    number: str = ""


class Lines(NamedTuple):
    """Lines of one level, and what is read once for all of them."""

    texts: Sequence[str]
    fences: dict[str, int]  # The last place of each fence.
    filled: Sequence[int]  # From each place on, the first line that is not blank.
    widths: Sequence[int]  # Of the indentations.


def _read_once(texts: Sequence[str]) -> Lines:
    fences = {text.rstrip(" \t"): place for place, text in enumerate(texts) if text.startswith("```")}
    filled = [len(texts)] * (len(texts) + 1)
    for place in range(len(texts) - 1, -1, -1):
        filled[place] = place if texts[place].strip() else filled[place + 1]
    widths = [_width(text[: _indent(text)]) for text in texts]
    return Lines(texts, fences, filled, widths)


class BlockReader:
    """Reads the blocks of one text."""

    def __init__(self) -> None:
        self._reader = SpanReader()
        self._left = MOST

    def blocks(self, lines: Sequence[str], level: int = 0, least: int = 2) -> Iterator[Block]:
        """Yield the blocks of these lines. A list has at least `least` items."""
        read = _read_once(lines)
        begin, is_first = 0, True
        for place, line in enumerate(lines):
            if place < begin or line.lstrip(" \t")[:1] not in FIRST:
                continue
            found = self._block(read, place, level, least) if self._left > 0 else None
            if found:
                yield from self._text(lines[begin:place], is_first=is_first, is_last=False)
                block, begin = found
                is_first = False
                yield block
        yield from self._text(lines[begin:], is_first=is_first, is_last=True)

    def _block(self, lines: Lines, place: int, level: int, least: int) -> tuple[Block, int] | None:
        """Return the block that begins at this line, and the place after it. None if it is text."""
        line = lines.texts[place]
        self._left -= 1
        if fence := FENCE.fullmatch(line):
            return _code(lines, place, fence[1])
        if level == DEEPEST:
            return None
        if line.startswith(QUOTED) and line[len(QUOTED) :].strip():
            return self._quote(lines.texts, place, level)
        if item := ITEM.match(line):
            return self._list(lines, place, level, least, item)
        return None

    def _text(self, lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Block]:
        """Yield a block of these lines without the empty lines beside other blocks."""
        begin, end = 0, len(lines)
        while begin < end and not is_first and not lines[begin].strip():
            begin += 1
        while begin < end and not is_last and not lines[end - 1].strip():
            end -= 1
        if begin < end:
            yield Block("text", list(self._spans(lines[begin:end])))

    def _spans(self, lines: Sequence[str]) -> Iterator[Span]:
        """Yield the spans of these lines, with those of lines without markers in one."""
        begin = 0
        for place, line in enumerate(lines):
            if IN_LINE.search(line) and self._reader.can_read(line):
                if begin < place:
                    yield Span("\n".join([*lines[begin:place], ""]))
                yield from self._reader.spans(line)
                begin = place + 1
                if begin < len(lines):
                    yield Span("\n")
        if begin < len(lines):
            yield Span("\n".join(lines[begin:]))

    def _quote(self, lines: Sequence[str], place: int, level: int) -> tuple[Block, int]:
        inner = []
        while place < len(lines) and (lines[place].startswith(QUOTED) or lines[place] == ">"):
            inner.append(lines[place][len(QUOTED) :])
            place += 1
        return Block("quote", blocks=list(self.blocks(inner, level + 1))), place

    def _list(
        self, lines: Lines, place: int, level: int, least: int, first: re.Match[str]
    ) -> tuple[Block, int] | None:
        marker, indent = _marker(first), _width(first[1])
        items: list[tuple[re.Match[str], slice]] = []
        item: re.Match[str] | None = first
        while item and len(items) <= self._left:
            end = _end_of_item(lines, place + 1, indent)
            items.append((item, slice(place, end)))
            place = lines.filled[end]
            following = ITEM.match(lines.texts[place]) if place < len(lines.texts) else None
            is_next = following and _marker(following) == marker and _width(following[1]) == indent
            item = following if is_next else None
        if len(items) < least:
            return None
        self._left -= len(items)
        kind = "numbers" if marker == "." else "bullets"
        return Block(kind, blocks=[self._item(one, lines.texts[place], level) for one, place in items]), end

    def _item(self, item: re.Match[str], lines: Sequence[str], level: int) -> Block:
        width, number = item.end(), item[2].rstrip("-*.")
        inner = [lines[0][width:], *(line[min(width, _indent(line)) :] for line in lines[1:])]
        return Block("item", (), list(self.blocks(inner, level + 1, 1)), number)


def _code(lines: Lines, place: int, fence: str) -> tuple[Block, int] | None:
    """Return the code between two fences of the same length, if both exist and it is not empty."""
    if lines.fences.get(fence, 0) <= place:
        return None
    end = place + 1
    while lines.texts[end].rstrip(" \t") != fence:
        end += 1
    text = "\n".join(lines.texts[place + 1 : end])
    return (Block("code", [Span(text)]), end + 1) if text.strip() else None


def _marker(item: re.Match[str]) -> str:
    """Return the last character of the marker, which the items of a list share."""
    return item[2][-1]


def _end_of_item(lines: Lines, end: int, indent: int) -> int:
    """Return the place after the lines that are indented more than the item, with blank lines among them."""
    while (place := lines.filled[end]) < len(lines.texts) and lines.widths[place] >= indent + 2:
        end = place + 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _width(indent: str) -> int:
    return len(indent.expandtabs(4))
