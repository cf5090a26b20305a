"""Excerpts of texts, cut between characters as readers see them (grapheme clusters of Unicode)."""

import regex

CHARACTER = regex.compile(r"\X")
# Below it, each code point is one character. Above it are combining marks, joiners, Hangul parts and flags.
FIRST_MARK = "\u0300"


def begin(text: str, most: int) -> str:
    """Return `text`, or at most `most` code points of it and "…".

    `text` may already be truncated, to any length above `most`. A single character that is longer than
    `most` code points, because of its combining marks, is cut anyway.
    """
    if len(text) <= most:
        return text
    is_simple = max(text[most - 1 : most + 1]) < FIRST_MARK
    return f"{text[: most if is_simple else _last_end(text[: most + 1], most)].rstrip()}…"


def _last_end(text: str, most: int) -> int:
    ends = [found.end() for found in CHARACTER.finditer(text)]
    return max((end for end in ends if end <= most), default=most)


def first_words(text: str, most: int) -> str:
    """Return the first words of `text` on one line, with at most `most` characters and "…".

    If the words that fit are not longer than half of that, return the first characters instead.
    """
    line = " ".join(text[: 2 * most].split())
    if len(line) <= most < len(text):  # Whitespace shortened the line: read more.
        line = " ".join(text.split(maxsplit=most))
    if len(line) <= most:
        return line
    words = line[: most + 1].rpartition(" ")[0]
    return f"{words}…" if len(words) > most // 2 else begin(line, most)
