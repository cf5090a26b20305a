"""Rules for usernames: spelling, key and allowed characters. This module does not read the database.

Two names are the same if they have the same `key`. All look-ups, the unique index and the counts of failed
log-ins use it, so none of them depends on the locale of the database (docs/decisions/0017-names.md).
"""

import hashlib
import re
from functools import cache, lru_cache
from unicodedata import category, decimal

import regex
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.normal_forms import normalize

LONGEST = 150
LONGEST_KEY = 600  # Case folding turns one character into up to three; composition turns up to four into one.
HELP = f"At most {LONGEST} characters: letters and digits of one script, and @ . + - _ '."
TAKEN = gettext_lazy("That name is taken; choose another.")
LOOK_ALIKE = gettext_lazy("That name looks like another member's; choose one that cannot be mistaken for it.")
# Composed Hangul syllables. FINALS of them in a row have the same vowel. The first has no final consonant.
FIRST_SYLLABLE, SYLLABLES, FINALS = 0xAC00, 11_172, 28
DOTLESS_I = "\u0131"
APOSTROPHES = str.maketrans("\u2019\u2018\u02bc", "'''")  # Phones and word processors replace ' by these.
# These separate the parts of a name. A blank stands for any of them.
SEPARATORS = "@.+-_'\u00b7\u05f3\u05f4 /"
SIGN = "."
SIGNS = str.maketrans(dict.fromkeys(SEPARATORS, SIGN))
# Scripts in use today: "recommended" and "limited use" in UAX 31.
SCRIPTS = """
    Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi
    Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala
    Tamil Telugu Thaana Thai Tibetan Adlam Balinese Bamum Batak Canadian_Aboriginal Chakma Cham
    Cherokee Hanifi_Rohingya Javanese Kayah_Li Lepcha Limbu Lisu Mandaic Meetei_Mayek Miao Mongolian
    Newa New_Tai_Lue Nko Nyiakeng_Puachue_Hmong Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri
    Syriac Tai_Le Tai_Tham Tai_Viet Tifinagh Vai Wancho Yi
""".split()  # noqa: SIM905
# Sets of scripts that one name may mix: "highly restrictive" in UTS 39.
TOGETHER = (
    ("Latin", "Han", "Hiragana", "Katakana"),
    ("Latin", "Han", "Bopomofo"),
    ("Latin", "Han", "Hangul"),
)
# Matches characters of specific scripts. ASCII digits, hyphens and most accents belong to every script.
OF_A_SCRIPT = regex.compile(r"[^\p{scx=Common}\p{scx=Inherited}]")
# The last three are a blank, a joiner and a filler that Unicode does not classify as invisible.
INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Zl}\p{Zp}\u2800\u2d7f\U00016fe4]")
# Single Hangul jamo are excluded, as in PRECIS: \u110b looks like an o, and a name may mix Latin and Hangul.
JAMO = r"\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
# PRECIS also excludes characters that stretch or repeat others (RFC 5892, 2.6), such as the Arabic tatweel.
STRETCHING = r"\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b"
# Small capitals and other phonetic letters, which UTS 39 does not allow: \u0274 looks like an N.
PHONETIC = (
    r"\u0262\u026a\u0274\u0276\u0280\u0281\u028f\u0299\u029b\u029c\u029f\u1d00-\u1dbf\u2c7b\ua730\ua731\ua776"
    r"\ua7af\ua7fa\uab30-\uab6f"
)
# Signs and marks of phonetics, mathematics and music, also not allowed. Some look like others (\u02cd like _)
# and some cannot be seen on some letters (\u0335 on an e).
TECHNICAL = (
    r"\u02c2-\u02ff\u2e2f\ua700-\ua721\ua788-\ua78a\U0001aff0-\U0001afff\u0334-\u0338\u0346-\u0357\u0359-\u036f"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\U0001cf00-\U0001cfcf\U0001d100-\U0001d24f"
)
# Letters, marks, decimal digits, and signs within words (Catalan middle dot, Hebrew geresh).
CHARACTERS = regex.compile(
    r"(?V1)[[\p{L}\p{Mn}\p{Mc}\p{Nd}\u3007@.+\-_'\u00b7\u05f3\u05f4]"
    rf"--[{JAMO}{STRETCHING}{PHONETIC}{TECHNICAL}]]*"
)
# A name needs one of these characters. Modifier letters (Lm) are not among them: they look like signs.
VISIBLE = regex.compile(r"[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{Nd}]")
# The last two alternatives: a dot on i or j, which already have one; a kana mark on another character.
MARKS = regex.compile(
    r"^\p{M}|[@.+\-_'\p{Nd}]\p{M}|(\p{Mn})\1|\p{Mn}{5}"
    r"|\p{Soft_Dotted}\p{M}*\u0307|[^\p{Hiragana}\p{Katakana}][\u3099\u309a]"
)


def spelling(name: str) -> str:
    """Return `name` in the form that is stored and displayed: NFKC, with one kind of apostrophe.

    `name` is user input of any length. If it is longer than LONGEST_KEY, it is returned unchanged.
    """
    if len(name) > LONGEST_KEY:
        return name
    return normalize("NFKC", name).translate(APOSTROPHES)


def key(name: str) -> str:
    """Return the key of `name`, which is equal for all spellings: case, width and composition do not matter.

    The key is that of Unicode's caseless matching of identifiers: NFKC and case folding, until nothing
    changes. In addition, dotted and dotless i are the same letter, because some languages give both the same
    capital. A result longer than LONGEST_KEY belongs to no valid name; its digest is returned instead.
    """
    if name.isascii():
        return bounded(name.lower())
    found = normalize("NFD", name) if len(name) <= LONGEST_KEY else name
    while len(found) <= LONGEST_KEY:
        folded = spelling(found.casefold())
        folded = normalize("NFC", re.sub("i\u0307+", "i", normalize("NFD", folded)).replace(DOTLESS_I, "i"))
        if folded == found:
            break
        found = folded
    return bounded(found)


def beginning_with(start: str) -> tuple[str, str]:
    """Return the first and the last possible beginning of the keys of the names that begin with `start`.

    A Korean syllable without a final consonant begins the syllables with one, as it does when decomposed.
    """
    first = key(start)
    last = ord(first[-1:] or " ") - FIRST_SYLLABLE
    is_open = 0 <= last < SYLLABLES and last % FINALS == 0
    return first, first[:-1] + chr(ord(first[-1]) + FINALS - 1) if is_open else first


def pattern_of(start: str) -> str:
    """Return a regular expression of PostgreSQL for `start` within a key whose signs are replaced by SIGN."""
    first, last = (end.translate(SIGNS) for end in beginning_with(start))
    if first == last:
        return re.escape(first)
    return f"{re.escape(first[:-1])}[{first[-1]}-{last[-1]}]"


def bounded(text: str) -> str:
    """Return `text`, or its SHA-256 digest if it is too long for an index. No valid name is that long."""
    return text if len(text) <= LONGEST_KEY else hashlib.sha256(text.encode(errors="replace")).hexdigest()


def validate(name: str) -> None:
    """Raise ValidationError with the reason if `name` is not allowed."""
    if problem := _problem(spelling(name)):
        raise ValidationError(problem, code="name")


def is_valid(name: str) -> bool:
    return not _problem(name)


def _problem(name: str) -> str:
    if len(name) > LONGEST:
        return _("That name is too long: at most %(most)s characters.") % {"most": LONGEST}
    if INVISIBLE.search(name):
        return _("That name contains characters that cannot be seen; leave them out.")
    # `regex` knows newer letters than Python, which does not know their capitals and compositions. Their key
    # would change with the version of Python.
    if not CHARACTERS.fullmatch(name) or "Cn" in map(category, name):
        return _("Enter a valid username: letters, digits and @ . + - _ ' only, without spaces.")
    if not VISIBLE.search(name):
        return _("That name needs at least one letter or digit.")
    if MARKS.search(normalize("NFD", name)):
        return _("That name has accents or marks without a letter, or too many on one letter.")
    if len({ord(letter) - decimal(letter) for letter in name if decimal(letter, None) is not None}) > 1:
        return _("That name mixes digits of different kinds, such as 1 and \u0661; use those of one kind.")
    if not all(map(_scripts, OF_A_SCRIPT.findall(name))):
        return _("That name has letters of a script that is no longer in use; choose other letters.")
    if not _is_of_one_script(name):
        return _("That name mixes scripts, such as Latin and Cyrillic; use the letters of one script.")
    return ""


def _is_of_one_script(name: str) -> bool:
    """Return whether the scripts of `name` are "highly restrictive" in the sense of UTS 39."""
    letters = [_scripts(letter) for letter in set(OF_A_SCRIPT.findall(name))]
    if not letters or frozenset.intersection(*letters):
        return True
    return any(all(scripts.intersection(some) for scripts in letters) for some in TOGETHER)


@cache
def _patterns() -> dict[str, regex.Pattern]:
    return {script: regex.compile(rf"\p{{scx={script}}}") for script in SCRIPTS}


@lru_cache(1_000)
def _scripts(letter: str) -> frozenset[str]:
    """Return the scripts in use today that contain `letter` (Script_Extensions)."""
    return frozenset(script for script, pattern in _patterns().items() if pattern.match(letter))
