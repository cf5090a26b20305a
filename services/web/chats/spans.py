"""Code, bold and italic words, and links within one line of a message.

A marker counts only at the edge of a word, and a backslash is a character like any other. So names such as
`snake_case`, sums, paths and emoticons stay as they were typed, which CommonMark would change.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import regex

from chats import links

TICKS = re.compile(r"`+")
MARKER = re.compile(r"\*+|_+")
# A marker alone, or only with punctuation, is no emphasis: *_* and *.*.
WORD = re.compile(r"[^\W_]|[^\x00-\x7f]")
# Scripts without blanks between words, or with endings that follow a marker: there `**` may be inside a word.
UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\u3000-\u303f\uff01-\uff65"
)
# Invisible marks of direction, and pictures.
NEUTRAL = r"\p{Bidi_Control}\u200b\ufe0f\p{Extended_Pictographic}"
# Characters before and after a marker: an opening one is between BEFORE and INSIDE, a closing one between
# INSIDE_END and AFTER. The first and the last character of the line have a blank beside them.
BEFORE = regex.compile(rf"[\s*_\p{{Ps}}\p{{Pi}}\p{{Pf}}\"'\u00a1\u00bf\u2013\u2014{NEUTRAL}]")
AFTER = regex.compile(rf"[\s*_\p{{Pe}}\p{{Pi}}\p{{Pf}}\p{{Pd}}\p{{Terminal_Punctuation}}\"'\u2026{NEUTRAL}]")
INSIDE = regex.compile(r"[^\s\p{Pe}.,;:!?/]")
INSIDE_END = regex.compile(r"[^\s\p{Ps}/]")
BETWEEN_LETTERS = regex.compile(rf"[{UNSPACED}]")
LETTER = regex.compile(r"[\p{L}\p{N}]")
BOLD, ITALIC, BOTH = 2, 1, 3  # Numbers of characters of a marker.
MOST = 400  # Markers of one text. The others stay text.


class Span(NamedTuple):
    text: str
    address: str = ""
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False


class Opener(NamedTuple):
    marker: str
    size: int
    end: int
    words: int  # Whether the line has a word up to here, as a number of pieces with words.


class Piece(NamedTuple):
    """Code or a link, or markers that begin or end bold or italic words."""

    start: int
    end: int
    span: Span | None
    bold: int = 0  # 1 at the begin, -1 at the end.
    italic: int = 0


class SpanReader:
    """Reads the lines of one text, with at most `MOST` markers and `links.MOST` links."""

    def __init__(self) -> None:
        self._left, self._links_left = MOST, links.MOST

    def can_read(self, line: str) -> bool:
        """Return whether the line may still have another span than its text."""
        return self._left > 0 or (self._links_left > 0 and "://" in line)

    def spans(self, line: str) -> Iterator[Span]:
        """Yield the spans of a line."""
        fixed = list(_code(line, self._runs(TICKS, line))) if "`" in line else []
        # A backtick ends an address, and an address has no markers.
        if "://" in line:
            fixed = sorted([*fixed, *self._links(_covered(line, fixed, "`"))])
        covered = _covered(line, fixed, "x")
        runs = self._runs(MARKER, covered)
        pieces = sorted([*fixed, *_emphasis(covered, runs)]) if runs else fixed
        done = bold = italic = 0
        for piece in pieces:
            if done < piece.start:
                yield Span(line[done : piece.start], "", bold > 0, italic > 0)
            if piece.span:
                yield piece.span._replace(is_bold=bold > 0, is_italic=italic > 0)
            bold, italic, done = bold + piece.bold, italic + piece.italic, piece.end
        if done < len(line):
            yield Span(line[done:])

    def _runs(self, pattern: re.Pattern[str], line: str) -> list[tuple[int, int]]:
        """Return the places of the markers that are read."""
        runs = [run.span() for run in islice(pattern.finditer(line), self._left)]
        self._left -= len(runs)
        return runs

    def _links(self, line: str) -> Iterator[Piece]:
        place = 0
        for text, address in links.parts(line, self._links_left):
            start = place + len(text)
            place = start + len(address)
            if address:
                self._links_left -= 1
                yield Piece(start, place, Span(address, address))


def _covered(line: str, pieces: Sequence[Piece], cover: str) -> str:
    """Return the line with `cover` instead of the characters of these pieces."""
    if not pieces:
        return line
    made: list[str] = []
    done = 0
    for piece in pieces:
        made += line[done : piece.start], cover * (piece.end - piece.start)
        done = piece.end
    return "".join([*made, line[done:]])


def _code(line: str, runs: Iterable[tuple[int, int]]) -> Iterator[Piece]:
    """Yield the code between two runs of backticks of the same length, the first not after a letter."""
    last = {end - start: start for start, end in runs}
    opened: tuple[int, int] | None = None
    for start, end in runs:
        if opened is None:
            if last[end - start] > start and not _is_after_word(line, start):
                opened = start, end
        elif end - start == opened[1] - opened[0]:
            if text := _without_padding(line[opened[1] : start]):
                yield Piece(opened[0], end, Span(text, is_code=True))
            opened = None


def _is_after_word(line: str, place: int) -> bool:
    before = line[place - 1 : place]
    return bool(LETTER.match(before)) and not BETWEEN_LETTERS.match(before)


def _without_padding(code: str) -> str:
    """Return the code without one blank on both sides, which code needs that begins with a backtick."""
    if not code.strip():
        return ""
    return code[1:-1] if code[0] == code[-1] == " " else code


def _emphasis(line: str, runs: Iterable[tuple[int, int]]) -> Iterator[Piece]:
    """Yield the markers of the line that change the style, in no order."""
    openers: list[Opener] = []
    waiting: Counter[tuple[str, int]] = Counter()  # The numbers of openers of each kind.
    done = words = 0
    for start, end in runs:
        marker, count = line[start], end - start
        words += WORD.search(line, done, start) is not None
        done = end
        if count > (1 if marker == "_" else BOTH):
            continue
        if _closes(line, start, end):
            while count and (opener := _pop(openers, waiting, marker, count)) and opener.words < words:
                taken = min(count, opener.size)
                is_bold, is_italic = taken >= BOLD, taken != BOLD
                yield Piece(opener.end - taken, opener.end, None, is_bold, is_italic)
                yield Piece(start, start + taken, None, -is_bold, -is_italic)
                start, count = start + taken, count - taken
                if rest := opener.size - taken:
                    openers.append(Opener(marker, rest, opener.end - taken, opener.words))
                    waiting[marker, rest] += 1
        if count and _opens(line, start, end):
            openers.append(Opener(marker, count, end, words))
            waiting[marker, count] += 1


def _pop(openers: list[Opener], waiting: Counter[tuple[str, int]], marker: str, count: int) -> Opener | None:
    """Remove and return the last opener that `count` characters close, if any. Remove those after it, too.

    A marker closes one of the same length. One of three characters also closes the others, and they close it.
    """
    counts = {count, BOTH} if count < BOTH else {ITALIC, BOLD, BOTH}
    if not any(waiting[marker, one] for one in counts):
        return None
    while True:
        opener = openers.pop()
        waiting[opener.marker, opener.size] -= 1
        if opener.marker == marker and opener.size in counts:
            return opener


def _opens(line: str, start: int, end: int) -> bool:
    before, after = line[start - 1 : start] or " ", line[end : end + 1] or " "
    is_at_edge = BEFORE.match(before) or (end - start >= BOLD and BETWEEN_LETTERS.match(before))
    return bool(is_at_edge and INSIDE.match(after)) and before != after


def _closes(line: str, start: int, end: int) -> bool:
    before, after = line[start - 1 : start] or " ", line[end : end + 1] or " "
    is_at_edge = AFTER.match(after) or (end - start >= BOLD and BETWEEN_LETTERS.match(after))
    return bool(is_at_edge and INSIDE_END.match(before)) and before != after
