"""Recognition of web addresses in the texts of users, which pages show as links.

The run time is linear in the length of every text, because each character is read only once.
"""

import bisect
import re
from typing import NamedTuple

import regex

LONGEST = 2_048  # Characters of an address. A longer one is not linked: a truncated link would be wrong.
# Addresses of one text. Without the limit, a page of 50 messages full of addresses needed 0.3 s.
MOST = 200
BEGINS = re.compile(r"https?://", re.IGNORECASE)
# These characters separate two addresses. If no address follows, they are part of the address before them.
BETWEEN = re.compile(r"[,;|](?=https?://)", re.IGNORECASE)
# An apostrophe inside a word belongs to the address, as in /Devil's_advocate. So do the Hebrew geresh and
# gershayim, which are also quotation marks.
APOSTROPHES = "'\u2018\u2019\u05f3\u05f4"
# Characters that end an address at any position: white space, control characters, characters that could end
# an HTML attribute, invisible characters (except joiners, variation selectors and tags), the punctuation and
# quotation marks of all scripts (except ASCII punctuation, which many addresses contain), fullwidth angle
# brackets, the reference mark, arrows, and the lines of tables.
END = rf"""
  \s \p{{Cc}} < > " `
  [\p{{Default_Ignorable_Code_Point}}--[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]]
  [[
    \p{{Terminal_Punctuation}}\p{{Quotation_Mark}}\p{{Ps}}\p{{Pe}}\p{{Pi}}\p{{Pf}}
    \u00a1\u00a6\u00bf\u2014-\u2016\u2025\u2026\u203b\u2190-\u21ff\u2500-\u257f\u275b-\u2760\u2e3a\u2e3b
    \uff1c\uff1e\uff5c
  ]--[\x00-\x7f\u0387{APOSTROPHES}]]
""".replace("\n", "").replace(" ", "")
PIECE = regex.compile(
    rf"(?P<opens>[(\[{{]+)|(?P<closes>[)\]}}])|(?P<quotes>[{APOSTROPHES}]+)|[^{END}()\[\]{{}}{APOSTROPHES}]+|(?P<ends>.)",
    regex.VERSION1 | regex.DOTALL,
)
REST = regex.compile(rf"[^{END}]*", regex.VERSION1)
# At the end of an address, these characters belong to the sentence.
AFTER = (
    ".,;:!?*_~|([{\u00b7\u200c\u200d\u2010\u2013\u2022\u2032\u2033\u301c\u30fb\uff0a\uff0f\uff5e"
    + APOSTROPHES
)
PAIRS = {
    ")": "(", "]": "[", "}": "{", "'": "'", "\u2019": "\u2018", "\u2018": "\u201a", "\u05f3": "\u05f3",
    "\u05f4": "\u05f4",
}  # fmt: skip


class Part(NamedTuple):
    text: str
    address: str  # The address after the text. Empty after the last address.


def parts(text: str, most: int = MOST) -> list[Part]:
    """Return `text` in parts: each is some text and the address after it, up to `most` addresses."""
    if "://" not in text:
        return [Part(text, "")]
    made: list[Part] = []
    done = 0
    bounds = [*(between.start() for between in BETWEEN.finditer(text)), len(text)]
    found = BEGINS.search(text)
    while found and len(made) < most:
        bound = bounds[bisect.bisect_left(bounds, found.end())]
        end = _end(text, found.start(), found.end(), bound)
        address = text[found.start() : end].rstrip(AFTER) if end - found.start() <= LONGEST else ""
        if len(address) > len(found[0]):
            made.append(Part(text[done : found.start()], address))
            done = found.start() + len(address)
        found = BEGINS.search(text, end)
    made.append(Part(text[done:], ""))
    return made


def _end(text: str, start: int, place: int, bound: int) -> int:
    """Return the end of the address that begins at `start`. Reading begins at `place` and stops at `bound`.

    A closing bracket without an opening bracket in the address ends the address, because it closes a bracket
    that surrounds the address. A quotation mark that surrounds the address ends it in the same way.
    """
    opened = dict.fromkeys("([{", 0)
    quoted = text[start - 1] if start else ""
    for piece in PIECE.finditer(text, place, bound):
        place, kind = piece.start(), piece.lastgroup
        if place - start > LONGEST:
            return int(REST.match(text, place, bound).end())
        if kind == "ends" or (kind == "quotes" and PAIRS.get(piece[0][0]) == quoted):
            return place
        if kind == "opens":
            for bracket in opened:
                opened[bracket] += piece[0].count(bracket)
        elif kind == "closes":
            if not opened[PAIRS[piece[0]]]:
                return place
            opened[PAIRS[piece[0]]] -= 1
    return bound
