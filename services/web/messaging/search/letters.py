"""Character classes and folding for the search: the same in every locale, and as in the SQL functions.

A character is either a separator or a part of a word. Words of alphabets are indexed by three consecutive
letters. Scripts from WIDE on (Thai, Khmer, Chinese, Japanese, Korean, emoji) do not put blanks between words,
so they are indexed by single letters and by pairs. A change of these classes needs a migration that replaces
the functions and rebuilds the index.
"""

import re
from unicodedata import normalize

from accounts.normal_forms import Excess

# Punctuation, blanks, control characters and signs that remain after NFKC, and letters that look like an
# apostrophe (U+02BC in Ukrainian, U+02BB in Hawaiian), because users type them in several ways.
SEPARATORS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab\u00ac\u00ae-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf"
    r"\u00d7\u00f7\u02b9-\u02bf\u02c2-\u02c5\u02c8\u02d2-\u02df\u02e5-\u02eb\u02ed-\u02ff\u0375\u037e\u0384\u0385\u0387\u03f6"
    r"\u0482\u0559-\u055f\u0589-\u058f\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0606-\u060f\u061b\u061d-\u061f"
    r"\u066a-\u066d\u06d4\u06de\u06e9\u06fd\u06fe\u0700-\u070d\u07f4-\u07f9\u07fe\u07ff\u0830-\u083e\u085e\u0888"
    r"\u0964\u0965\u0970\u09f2\u09f3\u09fa\u09fb\u09fd\u0a76\u0af0\u0af1\u0b70\u0bf3-\u0bfa\u0c77\u0c7f\u0c84"
    r"\u0d4f\u0d79\u0df4\u0e3f\u0e4f\u0e5a\u0e5b\u0f01-\u0f17\u0f1a-\u0f1f\u0f34\u0f36\u0f38\u0f3a-\u0f3d\u0f85"
    r"\u0fbe-\u0fc5\u0fc7-\u0fda\u104a-\u104f\u109e\u109f\u10fb\u1360-\u1368\u1390-\u1399\u1400\u166d\u166e"
    r"\u1680\u169b\u169c\u16eb-\u16ed\u1735\u1736\u17d4-\u17d6\u17d8-\u17db\u1800-\u180a\u1940-\u1945\u1a1e\u1a1f"
    r"\u1b5a-\u1b60\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e\u1c7f\u2000-\u200a\u2010-\u2029\u202f-\u205f\u2070-\u20cf"
    r"\u2100-\u214f\u2e00-\u2e2e\u2e30-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u3036\u3037\u303d-\u303f"
    r"\u309b\u309c\u30a0\u30fb\ua4fe\ua4ff\ua78b\ua78c\ua8ce\ua8cf\ua9c1-\ua9cd\uaa5c-\uaa5f\ufd3e\ufd3f\ufe10-\ufe19"
    r"\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffc\ufffd"
)
# Invisible or irrelevant characters: direction marks, joiners, variation selectors, the Arabic tatweel.
IGNORED = (
    r"\u00ad\u034f\u0600-\u0605\u061c\u0640\u06dd\u070f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef"
)
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic.
ACCENTS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
# Arabic marks combined with a tatweel, which is ignored.
MARKS_ALONE = r"\ufcf2-\ufcf4\ufe71\ufe77\ufe79\ufe7b\ufe7d\ufe7f"
WIDE = "\u0e00"  # This code point and all above it.
# Letters and signs from WIDE on that may stand beside a word of an alphabet: those of scripts without blanks,
# Korean, emoji. The others, such as Georgian and Latin letters, form words with their neighbours.
UNSPACED = (
    r"\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u20d0-\u20ff\u2150-\u2bff\u2e2f-\ua4cf"
    r"\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\U0001f000-\U0003ffff"
)
BLANK = " "
KEPT = 5_000  # Number of cached lower-case letters, enough for a few languages.

# Very long runs of marks are decoration. Without them, both normal forms take linear time.
_excess = Excess(IGNORED + ACCENTS + MARKS_ALONE)
_dropped = re.compile(f"[{IGNORED}{ACCENTS}]+")
_ignored = re.compile(f"[{IGNORED}]+")
_separator = re.compile(f"[{SEPARATORS}]")
_separators = re.compile(f"[{SEPARATORS}]+")
_wide = re.compile(f"[{WIDE}-\U0010ffff]")
_unspaced = re.compile(f"[{UNSPACED}]")


def fold(text: str, *, accents: bool = False) -> str:
    """Return `text` without differences of case and composition and, unless `accents` is true, of accents."""
    if text.isascii():
        return text.lower()
    form = normalize("NFKC" if accents else "NFKD", _excess.left_out(text))
    form = (_ignored if accents else _dropped).sub("", form)
    lowered = form.lower() if form.isascii() else form.translate(_lower)
    return normalize("NFKC", lowered.replace("ß", "ss"))


def words(folded: str) -> str:
    """Return the words of a folded text, separated by single blanks."""
    return _separators.sub(BLANK, folded).strip(BLANK)


def spaced(folded: str) -> str:
    """Return a folded text with each separator replaced by a blank. The length stays the same."""
    return _separator.sub(BLANK, folded)


def alphabets(folded: str) -> str:
    """Return a folded text with a blank for each letter from WIDE on. The length stays the same."""
    return _wide.sub(BLANK, folded)


def is_boundary(letter: str) -> bool:
    """Return whether a word of an alphabet ends beside `letter`. At an end of the text, `letter` is empty."""
    return letter in {"", BLANK} or bool(_unspaced.match(letter))


class _Lower(dict[int, str]):
    """The lower-case letter of each letter, for str.translate.

    The conversion goes through upper case, because both Greek sigmas have the same capital. Each letter maps
    to exactly one letter, as in PostgreSQL.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        capital = letter.upper()
        small = (capital if len(capital) == 1 else letter).lower()[:1] or letter
        if len(self) < KEPT:
            self[code] = small
        return small


_lower = _Lower()
