"""Validation of message texts, for pages, imports and every save."""

import re

import regex
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

MAX_LENGTH = 10_000
# A character that its reader sees; docs/decisions/0025 has the reasons. These are not visible:
# C: control and format characters, private use (fonts need not include it), unassigned code points and
#    noncharacters. Two kinds are visible all the same: code points that are reserved for future pictographs,
#    and format characters that fonts draw, such as the Arabic number signs (U+0600, U+06DD).
# Z: blanks. M: marks without a letter. Default_Ignorable: joiners, selectors, tags, fillers of Hangul.
# EMPTY: assigned characters with an empty glyph: a braille pattern without dots, a note without a head and
#    blanks of hieroglyphs. The fillers of Hangul are repeated in case a property table lacks them.
EMPTY = r"\u2800\u3164\uffa0\U0001d159\U00013441\U00013442"
VISIBLE = regex.compile(
    r"\p{Extended_Pictographic}|\p{Prepended_Concatenation_Mark}"
    rf"|[^\p{{C}}\p{{Z}}\p{{M}}\p{{Default_Ignorable_Code_Point}}{EMPTY}]"
)
NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
# The first line with text keeps its indentation, because users paste code.
BLANK_LINES = regex.compile(r"(?:[^\S\n]*+\n)++")


def grouped(number: int) -> str:
    """Return a number with separators of thousands, as the current language writes them."""
    return number_format(number, force_grouping=True)


def clean_content(content: str) -> str:
    """Return `content` with LF line ends and without surrounding blank lines, or raise ValidationError.

    The CHECK constraint `message_content` is weaker on purpose: it applies to rows of earlier releases, and
    it must not change with the version of Unicode.

    PostgreSQL cannot store NUL or lone surrogates, so they cause a ValidationError, too.
    """
    if not isinstance(content, str):
        raise ValidationError("A message must be text.", code="type")
    content = content.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if blank := BLANK_LINES.match(content):
        content = content[blank.end() :]
    if NOT_TEXT.search(content):
        raise ValidationError(_("This message contains a character that cannot be sent."), code="not_text")
    if not content:
        raise ValidationError(_("Write something first: a message cannot be empty."), code="blank")
    if not VISIBLE.search(content):
        raise ValidationError(
            _("A message cannot be empty: nobody could see the characters of this one."), code="blank"
        )
    if len(content) > MAX_LENGTH:
        raise ValidationError(
            _("A message can have at most %(most)s characters; this one has %(number)s."),
            code="too_long",
            params={"most": grouped(MAX_LENGTH), "number": grouped(len(content))},
        )
    return content
