"""Functions that are not linear, to see that the counting finds them: faults of before, and similar ones."""

import re
import unicodedata

AFTER = ".,;:!?"
PAIRS = {")": "(", "]": "[", "}": "{"}
BLANKS_AT_THE_END = re.compile(r"\s+$")
WORDS = re.compile(r"(?:\w+-?)+!")


def end_of_address(address: str) -> str:
    """chats/links.py until November 2026: two counts and a copy for each bracket."""
    while address:
        last = address[-1]
        opened = PAIRS.get(last)
        if last not in AFTER and not (opened and address.count(last) > address.count(opened)):
            break
        address = address[:-1]
    return address


def without_blanks(text: str) -> str:
    """A search that starts anew at each blank of a row."""
    return BLANKS_AT_THE_END.sub("", text)


def composed(text: str) -> str:
    """accounts/names.py until November 2026: the marks of a letter are put in order by insertion."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """A count in a loop."""
    return "".join(letter for place, letter in enumerate(text) if text.count(letter, 0, place) < 3)


def joined(text: str) -> str:
    """A text that is copied for each character."""
    result = ""
    for letter in text:
        result = result + letter
    return result


def first_of_each(text: str) -> list[str]:
    """A search in a list for each character."""
    seen: list[str] = []
    for place, letter in enumerate(text):
        if f"{letter}{place}" not in seen:
            seen.append(f"{letter}{place}")
    return seen


def has_words(text: str) -> bool:
    """Quantifiers within quantifiers: exponential."""
    return WORDS.match(text) is not None
