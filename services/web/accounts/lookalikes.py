"""Which names look like each other: the skeletons of Unicode's UTS 39.

The data are those of the package confusable-homoglyphs. It has no function for skeletons, and its own code
would keep ten times as much in memory.
"""

import json
from functools import cache
from importlib.resources import files
from unicodedata import normalize

from accounts import names

MARKS_OF_DIRECTION = "\u200e\u200f"  # Around right-to-left letters in the data.
OURS = {"\u04cf": "l"}  # The Cyrillic palochka, an i in the data, is the l of the best-known forged names.


def group(name: str) -> str:
    """Return what look-alikes of `name` have in common; names that are no look-alikes may share it too.

    For an index. It takes i for l, since the capital of one is the look of the other.
    """
    return names.bounded(_skeleton(names.key(name)).replace("i", "l"))


def look_alike(name: str, other: str) -> bool:
    """Return whether two names look alike, either as they are written or in lower case."""
    return any(_skeleton(change(name)) == _skeleton(change(other)) for change in (names.spelling, names.key))


def _skeleton(name: str) -> str:
    # The prototype of a small letter can be a capital (0 looks like O): in small letters again.
    prototypes = _prototypes()
    shown = normalize("NFD", name)
    return normalize("NFD", "".join(prototypes.get(letter, letter) for letter in shown)).casefold()


@cache
def _prototypes() -> dict[str, str]:
    """Return {letter: what it looks like}."""
    data = files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    pairs = {
        letter.strip(MARKS_OF_DIRECTION): {found["c"].strip(MARKS_OF_DIRECTION) for found in others}
        for letter, others in json.loads(data).items()
    }
    return {letter: _prototype(letter, pairs) for letter in pairs if len(letter) == 1} | OURS


def _prototype(letter: str, pairs: dict[str, set[str]]) -> str:
    """Return the centre of the star of look-alikes that `letter` is in. The data hold each pair both ways."""
    return max({letter} | pairs[letter], key=lambda each: (len(pairs.get(each, ())), each))
