"""Conversion of search terms for PostgreSQL: keys of the index, and patterns that the text must match."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from messaging.search import letters
from messaging.search.parse import Term

SEPARATOR = f"[{letters.SEPARATORS}]"
BOUNDARY = f"[{letters.SEPARATORS}{letters.UNSPACED}]"
INNER = f"[^{letters.BLANK}{letters.UNSPACED}]"  # In texts of letters.spaced.
SHORT = 3  # A shorter word of an alphabet must be at the beginning of a word.
MOST_KEYS = 40  # Approximate limit per term. The pattern decides in any case.


@dataclass(frozen=True)
class Needle:
    """A folded term: its words, and whether it must begin and end at word boundaries."""

    words: str
    plain: str  # The words without accents, as in the index.
    begins: bool
    ends: bool

    def keys(self) -> list[str]:
        padded = letters.BLANK * self.begins + self.plain + letters.BLANK * self.ends
        return sorted(set(keys(padded[: MOST_KEYS + 2])))

    def pattern(self, before: str, after: str, between: str) -> str:
        """Return a regular expression. Words contain only letters, so nothing needs escaping."""
        between = between.join(self.words.split(letters.BLANK))
        return f"{before if self.begins else ''}{between}{after if self.ends else ''}"


def needle(folded: tuple[str, str], *, whole: bool) -> Needle | None:
    """Return the needle of a term, or None for a term without letters.

    `folded` is the term without and with accents. With `whole`, the needle matches only whole words.
    """
    plain, words = map(letters.words, folded)
    if not plain:
        return None
    short = len(plain) < SHORT and letters.BLANK not in plain
    begins = plain[0] < letters.WIDE and (whole or short)
    ends = plain[-1] < letters.WIDE and (whole or len(plain) == 1)
    return Needle(words, plain, begins, ends)


def keys(padded: str) -> Iterable[str]:
    """Yield the keys of every text that contains `padded`, by the rules of `messaging_search_keys`.

    In alphabets, a key is three consecutive characters with a letter in the middle. A neighbour of another
    script counts as a blank, because a word may begin or end there. In other scripts, each letter and each
    pair of letters is a key.
    """
    alphabets = letters.alphabets(padded)
    for place, letter in enumerate(padded):
        if letter == letters.BLANK:
            continue
        after = padded[place + 1 : place + 2]
        if letter >= letters.WIDE:
            yield letter
        elif place and after:
            yield alphabets[place - 1 : place + 2]
        if after > letters.BLANK and max(letter, after) >= letters.WIDE:
            yield letter + after


def tsquery(people: list[list[int]], clauses: list[list[Needle]]) -> str:
    """Return the condition on the keys: one user of each group, and the words."""
    groups = [[_lexeme(f"@{user_id}") for user_id in ids] for ids in people]
    for clause in clauses:
        found = [" & ".join(map(_lexeme, one.keys())) for one in clause]
        if all(found):  # Some needles, such as `a-b`, have no key. Only the pattern checks them.
            groups.append([f"({keys})" for keys in found])
    return " & ".join(f"({' | '.join(group)})" for group in groups if group)


def patterns(clauses: list[list[Needle]]) -> list[str]:
    """Return the PostgreSQL regular expression of each clause."""
    return [
        "|".join(one.pattern(f"(?:^|{BOUNDARY})", f"(?:{BOUNDARY}|$)", f"{SEPARATOR}+") for one in clause)
        for clause in clauses
    ]


def markers(clauses: list[list[Needle]]) -> list[re.Pattern[str]]:
    """Return the Python regular expression of each clause, for texts of letters.spaced.

    It matches the words, but not the blanks around them.
    """
    return [
        re.compile("|".join(one.pattern(f"(?<!{INNER})", f"(?!{INNER})", " ++") for one in clause))
        for clause in clauses
    ]


def needles(
    clauses: Iterable[Iterable[Term]], folded: dict[str, tuple[str, str]], *, whole: bool
) -> list[list[Needle]]:
    """Return the needles of the terms. `folded` maps each term to its text without and with accents.

    Accents in a term must match. A letter without an accent matches the letter with any accent.
    """
    found = [[needle(folded[term.text], whole=whole or term.phrase) for term in clause] for clause in clauses]
    return [kept for clause in found if (kept := [one for one in clause if one])]


def _lexeme(key: str) -> str:
    return "'" + key + "'"
