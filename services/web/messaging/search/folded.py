"""A folded text, and the positions of its letters in the original text.

Texts are folded in chunks by functions in C. Only chunks with a match are compared character by character.
"""

from bisect import bisect_right
from itertools import accumulate

import regex

from messaging.search import letters

CHUNK = 200  # Characters.
LONGEST_CHUNK = 1_000  # If no character begins within this length, a chunk ends within one.
MOST = 14_000  # Limit of folded letters that are searched. One sign can fold to 18.
# Korean vowels and final consonants, and halfwidth marks of kana, belong to the preceding letter.
MARKS = r"\p{M}\u200d\u1160-\u11ff\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e01ef"
FLAGS = r"\U0001f1e6-\U0001f1ff"
# Characters as a reader sees them: a letter with its marks, Korean parts, emoji with joiners, flags.
CHARACTERS = regex.compile(
    r"[\x00-\x7f]+(?![^\x00-\x7f])|[\u1100-\u115f]+[\u1160-\u11a7]*[\u11a8-\u11ff]*"
    rf"|[{FLAGS}]{{2}}|.(?:[{MARKS}]|(?<=\u200d).){{0,40}}",
    regex.DOTALL,
)
# A code point that begins a character in every context.
BEGINS = regex.compile(rf"(?<![\u200d\u1100-\u115f{FLAGS}])[^{MARKS}]")


class Places:
    """The positions at which the characters of a text begin, as a reader sees them."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.chunks = [0]
        if content.isascii():
            return
        while (place := self.chunks[-1] + CHUNK) < len(content):
            found = BEGINS.search(content, place, place + LONGEST_CHUNK)
            self.chunks.append(found.start() if found else min(place + LONGEST_CHUNK, len(content)))

    def chunk(self, number: int) -> tuple[int, int]:
        """Return the start and the end of a chunk."""
        ends = self.chunks[number + 1 : number + 2]
        return self.chunks[number], ends[0] if ends else len(self.content)

    def characters(self, number: int) -> list[tuple[int, int]]:
        """Return the start and the end of each character of a chunk. A run of ASCII counts as one."""
        return [found.span() for found in CHARACTERS.finditer(self.content, *self.chunk(number))]

    def before(self, position: int) -> int:
        """Return the last position up to `position` at which a character begins."""
        if self.content.isascii():
            return position
        begun = 0
        for low, high in self.characters(bisect_right(self.chunks, position) - 1):
            if low > position:
                break
            begun = min(position, high - 1) if self.content[low:high].isascii() else low
        return begun


class Folded:
    """A folded text with a blank for each separator. `span` maps a part of it to the original text."""

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
        """Return the start and the end of the folded letters `low` to `high` in the original text."""
        if self.places.content.isascii():
            return low, high
        return self._letter(low)[0], self._letter(high - 1)[1]

    def _letter(self, position: int) -> tuple[int, int]:
        number = bisect_right(self.chunks, position) - 1
        if number not in self._known:
            self._known[number] = self._letters(number)
        return self._known[number][position - self.chunks[number]]

    def _letters(self, number: int) -> list[tuple[int, int]]:
        """Return the start and the end of each folded letter of a chunk in the original text."""
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
        """Return the same as `_letters` if a character affects how another one folds.

        For each character, fold the chunk from its start to that character.
        """
        found: list[tuple[int, int]] = []
        for low, high in characters:
            length = len(letters.fold(self.places.content[characters[0][0] : high], accents=self.accents))
            found += [(low, high)] * (length - len(found))
            del found[max(1, length) :]
            if found:
                found[-1] = (found[-1][0], high)
        return (found + [characters[-1]] * wanted)[:wanted]
