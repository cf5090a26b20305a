"""The circle with initials beside a name: two letters of the name, and one of eight colors by the account."""

import re

COLORS = 8  # The classes c0 to c7 of bobbin.css.
WORDS = re.compile(r"[^\s._@+-]+")


def initials(name: str) -> str:
    """Return the first letters of the first two words of `name`, or the first two letters of one word.

    Only letters and digits, so the result needs no escaping. "?" for a name without them.
    """
    if name.isascii() and name.isalnum():  # Most names, in a tenth of the time.
        return name[:2].upper()
    words = [letters for word in WORDS.findall(name) if (letters := _letters(word))]
    chosen = words[0][:1] + words[1][:1] if len(words) > 1 else "".join(words)[:2]
    return "".join(letter.upper()[:1] for letter in chosen) or "?"


def color_class(user_id: int | str) -> str:
    """Return the CSS class of the color of an account."""
    return f"c{int(user_id) % COLORS}"


def _letters(word: str) -> str:
    return "".join(character for character in word if character.isalnum())
