"""Web addresses in what people wrote become links; everything else stays text.

Linear in the length of the text: each character is read once, whatever stands in it.
"""

import bisect
import re
from html import escape

import regex
from django.utils.safestring import SafeString

LONGEST = 2_048  # Characters of an address. A longer one stays text: part of an address leads elsewhere.
BEGINS = re.compile(r"https?://", re.IGNORECASE)
# Sets two addresses apart; elsewhere it is part of one.
BETWEEN = re.compile(r"[,;|](?=https?://)", re.IGNORECASE)
# Between words an apostrophe belongs to the address, as in /Devil's_advocate.
APOSTROPHES = "'\u2018\u2019"
# Ends an address wherever it stands: a blank, a control, what could end an attribute, what nobody sees (a
# joiner within a word aside), and the punctuation of all scripts (that of ASCII is part of many addresses).
END = rf"""
  \s \p{{Cc}} < > " `
  [\p{{Default_Ignorable_Code_Point}}--[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]]
  [[\p{{Terminal_Punctuation}}\p{{Ps}}\p{{Pe}}\p{{Pi}}\p{{Pf}}\u00a1\u00bf\u2014\u2015\u2025\u2026\u2e3a\u2e3b\uff5c]--[\x00-\x7f\u0387{APOSTROPHES}]]
""".replace("\n", "").replace(" ", "")
PIECE = regex.compile(
    rf"(?P<opens>[(\[{{]+)|(?P<closes>[)\]}}])|(?P<quotes>[{APOSTROPHES}]+)|[^{END}()\[\]{{}}{APOSTROPHES}]+|(?P<ends>.)",
    regex.VERSION1 | regex.DOTALL,
)
REST = regex.compile(rf"[^{END}]*", regex.VERSION1)
# At its end these belong to the sentence.
AFTER = ".,;:!?*_~|([{\u00b7\u2022\u2013\u30fb\u301c\uff5e" + APOSTROPHES
PAIRS = {")": "(", "]": "[", "}": "{", "'": "'", "\u2019": "\u2018"}


def linked(text: str) -> str | SafeString:
    """`text`, or HTML in which addresses are links and the rest is escaped."""
    if "://" not in text:
        return text
    html, done = [], 0
    bounds = [*(between.start() for between in BETWEEN.finditer(text)), len(text)]
    found = BEGINS.search(text)
    while found:
        bound = bounds[bisect.bisect_left(bounds, found.end())]
        end = _end(text, found.start(), found.end(), bound)
        address = text[found.start() : end].rstrip(AFTER) if end - found.start() <= LONGEST else ""
        if len(address) > len(found[0]):
            html += [escape(text[done : found.start()]), _link(address)]
            done = found.start() + len(address)
        found = BEGINS.search(text, end)
    html.append(escape(text[done:]))
    return SafeString("".join(html))


def _end(text: str, start: int, place: int, bound: int) -> int:
    """The end of the address that begins at `start`, read from `place` on and at most up to `bound`.

    A bracket that was not opened in the address closes one around it; likewise a quotation mark.
    """
    opened = dict.fromkeys("([{", 0)
    quoted = text[start - 1] if start else ""
    for piece in PIECE.finditer(text, place, bound):
        place, kind = piece.start(), piece.lastgroup
        if place - start > LONGEST:
            return REST.match(text, place, bound).end()
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


def _link(address: str) -> str:
    shown = escape(address)
    return f'<a href="{shown}" rel="noopener noreferrer nofollow ugc" target="_blank">{shown}</a>'
