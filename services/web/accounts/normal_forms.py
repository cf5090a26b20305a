"""Unicode normal forms in linear time.

Python and PostgreSQL reorder the combining marks of a letter by insertion sort: 10,000 marks take 0.3 s.
"""

import re
import unicodedata
from typing import Literal

import regex

MOST_MARKS = 30  # Per letter. The limit of Unicode's Stream-Safe Text Format (UAX 15).


def _marks(first: int, last: int) -> str:
    """Return the characters from `first` to `last` with a combining class, as ranges for a class of `re`."""
    letters = "".join(map(chr, range(first, last + 1)))
    return "".join(f"{run[0]}-{run[-1]}" for run in regex.findall(r"\P{ccc=0}+", letters))


# Characters that normalization reorders: marks, and characters that decompose into marks only. `re` searches
# ranges several times faster than `regex` searches the property.
MARKS = _marks(0x300, 0xFFFF) + "\u0f73\u0f75\u0f81\uff9e\uff9f"
MARKS_BEYOND = _marks(0x10000, 0x1EFFF)
ALL_BEYOND = "\U00010000-\U0001efff"  # Contains all of them, and the characters between them.


class Excess:
    """Finds runs of more than MOST_MARKS marks. `also` adds characters that count as marks.

    The many ranges above U+FFFF make `re` ten times slower. A simpler pattern therefore selects candidates
    first.
    """

    def __init__(self, also: str = "") -> None:
        perhaps, exactly = f"[{MARKS}{ALL_BEYOND}{also}]", f"[{MARKS}{MARKS_BEYOND}{also}]"
        self._perhaps = re.compile(f"{perhaps}{perhaps}{{{MOST_MARKS}}}")
        self._exactly = re.compile(f"{exactly}{exactly}{{{MOST_MARKS},}}")

    def is_in(self, text: str) -> bool:
        return self._perhaps.search(text) is not None and self._exactly.search(text) is not None

    def left_out(self, text: str) -> str:
        """Return `text` without these runs."""
        return self._exactly.sub("", text) if self._perhaps.search(text) else text


_excess = Excess()


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return the normal form of `text`, or `text` unchanged if a letter has more than MOST_MARKS marks."""
    if text.isascii() or _excess.is_in(text):
        return text
    return unicodedata.normalize(form, text)
