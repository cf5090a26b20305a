"""The beginning of a text, cut between characters as readers see them (grapheme clusters of Unicode)."""

import regex

CHARACTER = regex.compile(r"\X")
# Code points before it are characters of their own; from here on there are marks, joiners, syllables, flags.
FIRST_MARK = "\u0300"


def begin(text: str, most: int) -> str:
    """Return `text`, or at most `most` code points of it and "…".

    The caller may pass a text that is cut already, at any place after `most`. A single character that is
    longer than that, by combining marks without end, is cut anyway.
    """
    if len(text) <= most:
        return text
    is_simple = max(text[most - 1 : most + 1]) < FIRST_MARK
    return f"{text[: most if is_simple else _last_end(text[: most + 1], most)].rstrip()}…"


def _last_end(text: str, most: int) -> int:
    ends = [found.end() for found in CHARACTER.finditer(text)]
    return max((end for end in ends if end <= most), default=most)


def first_words(text: str, most: int) -> str:
    """Return the first words of `text` in one line, or its first characters if it begins with a long word."""
    line = " ".join(text[: 2 * most].split())
    if len(line) <= most < len(text):  # Blanks fill the beginning, or the text ends soon after it.
        line = " ".join(text.split(maxsplit=most))
    if len(line) <= most:
        return line
    words = line[: most + 1].rpartition(" ")[0]
    return f"{words}…" if len(words) > most // 2 else begin(line, most)
