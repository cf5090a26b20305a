"""Functions with more than linear work, which the counting must find: earlier bugs and similar ones."""

import re
import unicodedata

AFTER = ".,;:!?"
PAIRS = {")": "(", "]": "[", "}": "{"}
BLANKS_AT_THE_END = re.compile(r"\s+$")
WORDS = re.compile(r"(?:\w+-?)+!")


def end_of_address(address: str) -> str:
    """Count two characters and copy the text for each bracket, as chats/links.py did until November 2026."""
    while address:
        last = address[-1]
        opened = PAIRS.get(last)
        if last not in AFTER and not (opened and address.count(last) > address.count(opened)):
            break
        address = address[:-1]
    return address


def without_blanks(text: str) -> str:
    """Search with a pattern that restarts at each of several consecutive blanks."""
    return BLANKS_AT_THE_END.sub("", text)


def composed(text: str) -> str:
    """Sort the marks of a letter by insertion, as accounts/names.py did until November 2026."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Call `count` in a loop."""
    return "".join(letter for place, letter in enumerate(text) if text.count(letter, 0, place) < 3)


def joined(text: str) -> str:
    """Copy the text for each character."""
    result = ""
    for letter in text:
        result = result + letter
    return result


def first_of_each(text: str) -> list[str]:
    """Search a list for each character."""
    seen: list[str] = []
    for place, letter in enumerate(text):
        if f"{letter}{place}" not in seen:
            seen.append(f"{letter}{place}")
    return seen


def has_words(text: str) -> bool:
    """Match nested quantifiers, whose work grows exponentially."""
    return WORDS.match(text) is not None
