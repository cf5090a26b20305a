"""A folded text, and where its letters stand in the text as it was written.

Texts are folded in chunks, by the functions of C. Only chunks with a hit are compared character by character.
"""

from bisect import bisect_right
from itertools import accumulate

import regex

from messaging.search import letters

CHUNK = 200  # Characters.
LONGEST_CHUNK = 1_000  # Where no character begins for so long, a chunk ends within one.
MOST = 14_000  # Folded letters that are searched: one sign can fold to 18.
# Vowels and finals of Korean, and the halfwidth marks of kana, belong to the letter before them.
MARKS = r"\p{M}\u200d\u1160-\u11ff\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e01ef"
FLAGS = r"\U0001f1e6-\U0001f1ff"
# Characters as a reader sees them: a letter with its marks, Korean parts, emoji with joiners, flags.
CHARACTERS = regex.compile(
    r"[\x00-\x7f]+(?![^\x00-\x7f])|[\u1100-\u115f]+[\u1160-\u11a7]*[\u11a8-\u11ff]*"
    rf"|[{FLAGS}]{{2}}|.(?:[{MARKS}]|(?<=\u200d).){{0,40}}",
    regex.DOTALL,
)
# Where one begins whatever stands around it.
BEGINS = regex.compile(rf"(?<![\u200d\u1100-\u115f{FLAGS}])[^{MARKS}]")


class Places:
    """Where the characters of a text begin, as a reader sees them."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.chunks = [0]
        if content.isascii():
            return
        while (place := self.chunks[-1] + CHUNK) < len(content):
            found = BEGINS.search(content, place, place + LONGEST_CHUNK)
            self.chunks.append(found.start() if found else min(place + LONGEST_CHUNK, len(content)))

    def chunk(self, number: int) -> tuple[int, int]:
        """Return where a chunk begins and ends."""
        ends = self.chunks[number + 1 : number + 2]
        return self.chunks[number], ends[0] if ends else len(self.content)

    def characters(self, number: int) -> list[tuple[int, int]]:
        """Return where each character of a chunk begins and ends. Those of ASCII in a row are one."""
        return [found.span() for found in CHARACTERS.finditer(self.content, *self.chunk(number))]

    def before(self, position: int) -> int:
        """Return the last place up to `position` where a character begins."""
        if self.content.isascii():
            return position
        begun = 0
        for low, high in self.characters(bisect_right(self.chunks, position) - 1):
            if low > position:
                break
            begun = min(position, high - 1) if self.content[low:high].isascii() else low
        return begun


class Folded:
    """A folded text with a blank for each separator; `span` says where a part of it was written."""

    def __init__(self, places: Places, *, accents: bool) -> None:
        self.places, self.accents = places, accents
        parts: list[str] = []
        length = 0
        for number in range(len(places.chunks)):
            low, high = places.chunk(number)
            parts.append(letters.fold(places.content[low:high], accents=accents))
            length += len(parts[-1])
            if length > MOST:
                break
        self.text = letters.spaced("".join(parts))
        self.chunks = [0, *accumulate(map(len, parts))]
        self._known: dict[int, list[tuple[int, int]]] = {}

    def span(self, low: int, high: int) -> tuple[int, int]:
        """Return where the letters from `low` to `high` begin and end in the text as it was written."""
        if self.places.content.isascii():
            return low, high
        return self._letter(low)[0], self._letter(high - 1)[1]

    def _letter(self, position: int) -> tuple[int, int]:
        number = bisect_right(self.chunks, position) - 1
        if number not in self._known:
            self._known[number] = self._letters(number)
        return self._known[number][position - self.chunks[number]]

    def _letters(self, number: int) -> list[tuple[int, int]]:
        """Return where each folded letter of a chunk was written."""
        content, wanted = self.places.content, self.chunks[number + 1] - self.chunks[number]
        characters = self.places.characters(number)
        found: list[tuple[int, int]] = []
        for low, high in characters:
            if content[low:high].isascii():
                found += zip(range(low, high), range(low + 1, high + 1), strict=True)
            else:
                found += [(low, high)] * len(letters.fold(content[low:high], accents=self.accents))
        return found if len(found) == wanted else self._letters_together(characters, wanted)

    def _letters_together(self, characters: list[tuple[int, int]], wanted: int) -> list[tuple[int, int]]:
        """The same where one character changes what another one folds to: fold all up to each of them."""
        found: list[tuple[int, int]] = []
        for low, high in characters:
            length = len(letters.fold(self.places.content[characters[0][0] : high], accents=self.accents))
            found += [(low, high)] * (length - len(found))
            del found[max(1, length) :]
            if found:
                found[-1] = (found[-1][0], high)
        return (found + [characters[-1]] * wanted)[:wanted]
