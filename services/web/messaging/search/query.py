"""From terms to what PostgreSQL is asked: keys of the index, and patterns that the text must match."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from messaging.search import letters
from messaging.search.parse import Term

SEPARATOR = f"[{letters.SEPARATORS}]"
SHORT = 3  # A shorter word of an alphabet must begin a word of the text.
MOST_KEYS = 40  # Of one term; the pattern decides anyway.


@dataclass(frozen=True)
class Needle:
    """A term as it is looked up: its words, and whether it must begin and end at the bounds of words."""

    words: str
    plain: str  # Its words without accents, as the index has them.
    begins: bool
    ends: bool

    def keys(self) -> list[str]:
        padded = letters.BLANK * self.begins + self.plain + letters.BLANK * self.ends
        return sorted(set(keys(padded[: MOST_KEYS + 2])))

    def pattern(self, before: str, after: str, between: str) -> str:
        """A regular expression; words consist of letters only, so nothing needs escaping."""
        between = between.join(self.words.split(letters.BLANK))
        return f"{before if self.begins else ''}{between}{after if self.ends else ''}"


def needle(folded: tuple[str, str], *, whole: bool) -> Needle | None:
    """Return what to look for, or None for a term without letters; `folded` is without and with accents.

    `whole`: only in whole words.
    """
    plain, words = map(letters.words, folded)
    if not plain:
        return None
    short = len(plain) < SHORT and letters.BLANK not in plain
    begins = plain[0] < letters.WIDE and (whole or short)
    ends = plain[-1] < letters.WIDE and (whole or len(plain) == 1)
    return Needle(words, plain, begins, ends)


def keys(padded: str) -> Iterable[str]:
    """Yield the keys that every text with `padded` in it has; the same as `messaging_search_keys` makes.

    Of letters of alphabets three in a row, of which the second is one; of others each, and each pair.
    """
    for place, letter in enumerate(padded):
        if letter == letters.BLANK:
            continue
        after = padded[place + 1 : place + 2]
        if letter >= letters.WIDE:
            yield letter
        elif place and after:
            yield padded[place - 1 : place + 2]
        if after > letters.BLANK and max(letter, after) >= letters.WIDE:
            yield letter + after


def tsquery(member_id: int, senders: list[int], receivers: list[int], clauses: list[list[Needle]]) -> str:
    """Return the condition on the keys: the member, the members of the filters, and the words."""
    people = [
        [_lexeme(f"@{member_id}")],
        *([_lexeme(f"@{one}") for one in ids] for ids in (senders, receivers)),
    ]
    parts = [f"({' | '.join(group)})" for group in people if group]
    for clause in clauses:
        found = [" & ".join(map(_lexeme, one.keys())) for one in clause]
        if all(found):  # A single letter beside others has no key; the pattern decides.
            parts.append(f"({' | '.join(f'({keys})' for keys in found)})")
    return " & ".join(parts)


def patterns(clauses: list[list[Needle]]) -> list[str]:
    """Return for each clause the pattern in PostgreSQL's regular expressions."""
    return [
        "|".join(one.pattern(f"(?:^|{SEPARATOR})", f"(?:{SEPARATOR}|$)", f"{SEPARATOR}+") for one in clause)
        for clause in clauses
    ]


def markers(clauses: list[list[Needle]]) -> list[re.Pattern]:
    """Return the same in Python's, for letters.spaced: they match the words and nothing around them."""
    return [
        re.compile("|".join(one.pattern("(?<![^ ])", "(?![^ ])", " ++") for one in clause))
        for clause in clauses
    ]


def needles(
    clauses: Iterable[Iterable[Term]], folded: dict[str, tuple[str, str]], *, whole: bool
) -> list[list[Needle]]:
    """Return needles for terms; `folded` has each text without and with its accents.

    Accents that were typed must be there; without, a letter stands for all that differ by their accents.
    """
    found = [[needle(folded[term.text], whole=whole or term.phrase) for term in clause] for clause in clauses]
    return [kept for clause in found if (kept := [one for one in clause if one])]


def _lexeme(key: str) -> str:
    return "'" + key + "'"
