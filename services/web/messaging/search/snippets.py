"""Snippets: parts of the original text with marked matches, in linear time."""

import math
import re
from collections.abc import Iterable

from messaging.search import letters
from messaging.search.folded import Folded, Places

Piece = tuple[str, bool]  # A part of the text, and whether it is a match.

BEFORE = 60  # Characters before the first match.
LONGEST = 240
RANKED = 2_000  # Characters of a text that its rank depends on.


def rank(content: str, marked: list[re.Pattern[str]]) -> float:
    """Return the rank of a text. Many and complete matches raise it; a great length lowers it slightly."""
    places = Places(content[:RANKED])
    ways = (False,) if content.isascii() else (False, True)
    folded = letters.BLANK.join(Folded(places, accents=accents).text for accents in ways)
    return sum(math.log1p(_weigh(folded, one)) for one in marked) / (1 + math.log1p(len(folded) / RANKED))


def _weigh(folded: str, marker: re.Pattern[str]) -> int:
    """Return the sum over all matches: 3 for a whole word, 2 for the beginning of one, 1 for another part."""
    weight = 0
    for found in marker.finditer(folded):
        begins = letters.is_boundary(folded[max(0, found.start() - 1) : found.start()])
        ends = letters.is_boundary(folded[found.end() : found.end() + 1])
        weight += 1 + begins + (begins and ends)
    return weight


def snippet(content: str, marked: list[re.Pattern[str]]) -> list[Piece]:
    """Return the part of `content` around the first match, cut between words, never within a character."""
    places = Places(content)
    folded = _folded(places)
    first, until = _first(folded, marked)
    start = _start(places, first)
    end = _end(places, start, until)
    pieces: list[Piece] = [("…", False)] if start else []
    position = start
    for low, high in _spans(folded, marked, end):
        if high > end:
            break
        pieces += [(content[position:low], False), (content[low:high], True)]
        position = high
    pieces += [(content[position:end], False), ("…" if end < len(content) else "", False)]
    return [piece for piece in pieces if piece[0]]


def _start(places: Places, first: int) -> int:
    if first <= BEFORE:
        return 0
    blank = re.search(r"\s+", places.content[first - BEFORE : first])
    return first - BEFORE + blank.end() if blank else places.before(first - BEFORE)


def _end(places: Places, start: int, until: int) -> int:
    content, last = places.content, max(start + LONGEST, until)
    if last >= len(content):
        return len(content)
    earliest = max(until, start + LONGEST // 2)
    blanks = list(re.finditer(r"\s+", content[earliest:last]))
    return earliest + blanks[-1].start() if blanks else max(until, places.before(last))


def _folded(places: Places) -> list[Folded]:
    """Return the text folded without accents and, if that differs, also with them."""
    plain = Folded(places, accents=False)
    if places.content.isascii():
        return [plain]
    accented = Folded(places, accents=True)
    return [plain] if accented.text == plain.text else [plain, accented]


def _first(folded: list[Folded], marked: Iterable[re.Pattern[str]]) -> tuple[int, int]:
    """Return the start and the end of the first match in the original text."""
    found = [(one, hit) for one in folded for marker in marked if (hit := marker.search(one.text)) and hit[0]]
    return min((one.span(*hit.span()) for one, hit in found), default=(0, 0))


def _spans(folded: list[Folded], marked: Iterable[re.Pattern[str]], end: int) -> list[tuple[int, int]]:
    """Return the spans of the matches that start before `end`, in order. Overlapping matches are merged."""
    found: list[tuple[int, int]] = []
    for one in folded:
        for marker in marked:
            for hit in marker.finditer(one.text):
                low, high = one.span(*hit.span()) if hit[0] else (end, end)
                if low >= end:
                    break
                found.append((low, high))
    spans: list[tuple[int, int]] = []
    for low, high in sorted(found):
        if spans and low < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(high, spans[-1][1]))
        else:
            spans.append((low, high))
    return spans
