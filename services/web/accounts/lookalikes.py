"""Which names look like each other: the skeletons of Unicode's UTS 39.

The data are those of the package confusable-homoglyphs. It has no function for skeletons, and its own code
would keep ten times as much in memory.
"""

import json
from functools import cache
from importlib.resources import files

from accounts import names
from accounts.normal_forms import normalize

MARKS_OF_DIRECTION = "\u200e\u200f"  # Around right-to-left letters in the data.
# What the data leave out. The Cyrillic palochka, an i in the data, is the l of the best-known forged names.
# What they compare with \u0138 (k of Cyrillic and Greek) and \u025c (Cyrillic z) is almost a k or a 3. The
# others are Han and Bopomofo, which may stand beside Latin letters.
OURS = {
    "\u04cf": "l", "\u0138": "k", "\u025c": "3", "\u4e28": "l", "\u4e05": "t", "\u3112": "t", "\u4e2b": "y",
    "\u311a": "y", "\u4e42": "x", "\u3128": "x",
}  # fmt: skip


def group(name: str) -> str:
    """Return what look-alikes of `name` have in common; names that are no look-alikes may share it too.

    For an index of names as they are displayed. It takes i for l: the capital of one looks like the other.
    """
    return _merged(_skeleton(names.spelling(name)))


def groups(name: str) -> set[str]:
    """Return the groups of the names that `name` looks like, as it is displayed and in lower case."""
    return {_merged(look) for look in _looks(name)}


def look_alike(name: str, other: str) -> bool:
    """Return whether two names look alike, either as they are written or in lower case."""
    return bool(_looks(name) & _looks(other))


def _looks(name: str) -> set[str]:
    return {_skeleton(names.spelling(name)), _skeleton(names.key(name))}


def _merged(skeleton: str) -> str:
    return names.bounded(skeleton.replace("i", "l"))


def _skeleton(name: str) -> str:
    if len(name) > names.LONGEST_KEY:
        return name  # No name at all.
    # Twice: the prototype of a letter can be a capital (0: O), whose small letter has another (m: rn).
    prototypes = _prototypes()
    for _ in range(2):
        name = "".join(prototypes.get(letter, letter) for letter in normalize("NFD", name)).casefold()
    return normalize("NFD", name)


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
