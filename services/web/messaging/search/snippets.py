"""Pieces of a text as it was written, with what was found in it; linear in the text."""

import bisect
import functools
import math
import re
import unicodedata
from collections.abc import Iterable

from messaging.search import letters

Piece = tuple[str, bool]  # A part of the text, and whether it was found.

BEFORE = 60  # Characters before the first that was found.
LONGEST = 240
RANKED = 2_000  # Characters of a text that its rank depends on.


def rank(content: str, marked: list[re.Pattern]) -> float:
    """How well a text matches: how often and how wholly it has each word; a little less for long texts."""
    folded = _haystack(content[:RANKED])
    return sum(math.log1p(_weigh(folded, one)) for one in marked) / (1 + math.log1p(len(folded) / RANKED))


def _weigh(folded: str, marker: re.Pattern) -> int:
    """3 for a whole word, 2 for the beginning of one, 1 for another part."""
    weight = 0
    for found in marker.finditer(folded):
        begins = not letters.words(folded[max(0, found.start() - 1) : found.start()])
        ends = not letters.words(folded[found.end() : found.end() + 1])
        weight += 1 + begins + (begins and ends)
    return weight


def snippet(content: str, marked: list[re.Pattern]) -> list[Piece]:
    """Return the part of `content` around the first hit, cut between words, never within a character."""
    begun = _bounds(content)
    spans = _spans(content, marked)
    first, until = spans[0] if spans else (0, 0)
    start = _start(content, begun, first)
    end = _end(content, begun, start, until)
    pieces: list[Piece] = [("…", False)] if start else []
    position = start
    for low, high in spans:
        if high > end:
            break
        pieces += [(content[position:low], False), (content[low:high], True)]
        position = high
    pieces += [(content[position:end], False), ("…" if end < len(content) else "", False)]
    return [piece for piece in pieces if piece[0]]


def _start(content: str, begun: list[int], first: int) -> int:
    if first <= BEFORE:
        return 0
    blank = re.search(r"\s+", content[first - BEFORE : first])
    return first - BEFORE + blank.end() if blank else _at(begun, first - BEFORE)


def _end(content: str, begun: list[int], start: int, until: int) -> int:
    last = max(start + LONGEST, until)
    if last >= len(content):
        return len(content)
    blanks = list(re.finditer(r"\s+", content[max(until, start + LONGEST // 2) : last]))
    if blanks:
        return max(until, start + LONGEST // 2) + blanks[-1].start()
    return max(until, _at(begun, last))


def _at(begun: list[int], position: int) -> int:
    """The last place up to `position` where a character, as a reader sees it, begins."""
    return begun[max(0, bisect.bisect_right(begun, position) - 1)]


def _spans(content: str, marked: Iterable[re.Pattern]) -> list[tuple[int, int]]:
    """What is found in the text, in order and without overlap."""
    found: list[tuple[int, int]] = []
    for accents in (False,) if content.isascii() else (False, True):
        folded, begun, ended = _folded(content, accents=accents)
        for marker in marked:
            found += [(begun[one.start()], ended[one.end() - 1]) for one in marker.finditer(folded) if one[0]]
    spans: list[tuple[int, int]] = []
    for low, high in sorted(found):
        if spans and low < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(high, spans[-1][1]))
        else:
            spans.append((low, high))
    return spans


def _folded(content: str, *, accents: bool) -> tuple[str, list[int], list[int]]:
    """The folded text, and for each of its letters where in `content` it begins and ends."""
    parts: list[str] = []
    begun: list[int] = []
    ended: list[int] = []
    for found in _clusters().finditer(content):
        low, high = found.span()
        if found[0].isascii():
            parts.append(found[0].lower())
            begun.extend(range(low, high))
            ended.extend(range(low + 1, high + 1))
        else:
            part = letters.fold(found[0], accents=accents)
            parts.append(part)
            begun.extend([low] * len(part))
            ended.extend([high] * len(part))
    return "".join(parts), begun, ended


def _bounds(content: str) -> list[int]:
    """Where the characters of the text begin, as a reader sees them."""
    begun: list[int] = []
    for found in _clusters().finditer(content):
        low, high = found.span()
        begun.extend(range(low, high) if found[0].isascii() else [low])
    return begun or [0]


def _haystack(content: str) -> str:
    plain = letters.fold(content)
    return plain if content.isascii() else f"{plain}\n{letters.fold(content, accents=True)}"


@functools.cache
def _clusters() -> re.Pattern:
    """Characters as a reader sees them: a letter with its marks, Korean parts, emoji with joiners, flags."""
    marks = "".join(c for c in map(chr, range(0x300, 0x20000)) if unicodedata.category(c)[0] == "M")
    marks += "\u200d\U0001f3fb-\U0001f3ff" + "\U000e0020-\U000e01ef"
    return re.compile(
        rf"[\x00-\x7f]+(?![^\x00-\x7f])|[\u1100-\u115f]+[\u1160-\u11a7]*[\u11a8-\u11ff]*"
        rf"|[\U0001f1e6-\U0001f1ff]{{2}}|.(?:[{marks}]|(?<=\u200d).){{0,40}}",
        re.DOTALL,
    )
