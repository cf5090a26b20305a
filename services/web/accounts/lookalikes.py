"""Comparison of names that look alike, based on the skeletons of UTS 39.

The data come from the package confusable-homoglyphs. The package has no function for skeletons, and its own
code would use ten times as much memory.
"""

import json
from functools import cache
from importlib.resources import files

from accounts import names
from accounts.normal_forms import normalize

MARKS_OF_DIRECTION = "\u200e\u200f"  # The data contain them around right-to-left letters.
# Additions to the data. The data map the Cyrillic palochka to i, but the best-known forged names use it as l.
# The letters that the data map to \u0138 (Cyrillic and Greek k) and \u025c (Cyrillic z) look almost like k
# and 3, as do ezh and yogh. The last are Han, kana and Bopomofo letters, which a name may mix with Latin.
OWN_PAIRS = {
    "\u04cf": "l", "\u0138": "k", "\u025c": "3", "\u021d": "3", "\u01a8": "2", "\u01bf": "p", "\u0237": "j",
    "w": "vv", "\u4e28": "l", "\u5de5": "i",
    "\u4e05": "t", "\u4e01": "t", "\u3112": "t", "\u4e2b": "y", "\u311a": "y", "\u4e42": "x", "\u3128": "x",
    "\u531a": "c", "\u3108": "c", "\u51f5": "u", "\u3129": "u", "\u4e59": "z", "\u5341": "+",
    "\u4e00": "-", "\u30fc": "-", "\u3127": "-",
}  # fmt: skip


def group(name: str) -> str:
    """Return the group of `name`, which all its look-alikes share. Other names may be in the same group.

    The value is indexed for names as they are displayed. i counts as l, because a capital i looks like an l.
    """
    return _merged(_skeleton(names.spelling(name)))


def groups(name: str) -> set[str]:
    """Return the groups in which look-alikes of `name` can be: as displayed, and in lower case."""
    return {_merged(shape) for shape in _shapes(name)}


def look_alike(name: str, other: str) -> bool:
    """Return whether two names look alike, either as displayed or in lower case."""
    return bool(_shapes(name) & _shapes(other))


def _shapes(name: str) -> set[str]:
    return {_skeleton(names.spelling(name)), _skeleton(names.key(name))}


def _merged(skeleton: str) -> str:
    return names.bounded(skeleton.replace("i", "l"))


def _skeleton(name: str) -> str:
    if len(name) > names.LONGEST_KEY:
        return name  # Too long for a valid name.
    # Two passes: a prototype can be a capital letter (O for 0), and a small letter can have another prototype
    # (rn for m).
    prototypes = _prototypes()
    for _ in range(2):
        name = "".join(prototypes.get(letter, letter) for letter in normalize("NFD", name)).casefold()
    return normalize("NFD", name)


@cache
def _prototypes() -> dict[str, str]:
    """Return {letter: prototype}. Letters that look alike have the same prototype."""
    data = files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    pairs = {
        letter.strip(MARKS_OF_DIRECTION): {found["c"].strip(MARKS_OF_DIRECTION) for found in others}
        for letter, others in json.loads(data).items()
    }
    return {letter: _prototype(letter, pairs) for letter in pairs if len(letter) == 1} | OWN_PAIRS


def _prototype(letter: str, pairs: dict[str, set[str]]) -> str:
    """Return the letters that `letter` looks like, or else the center of its look-alikes.

    The data contain each pair in both directions. Only a prototype can have several letters, such as the two
    letters that look like one Devanagari vowel. Other look-alikes form a star around their prototype.
    """
    several = [other for other in pairs[letter] if len(other) > 1]
    return max(several or {letter} | pairs[letter], key=lambda each: (len(pairs.get(each, ())), each))
