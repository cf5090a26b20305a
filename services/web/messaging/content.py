"""The rule for the text of a message, in one place for pages, imports and everybody who saves one."""

import re

import regex
from django.core.exceptions import ValidationError

MAX_LENGTH = 10_000
# A character that its reader sees. docs/decisions/0025 has the reasons.
# C: controls, format characters, private use (no font has to have it), and what Unicode has not assigned,
#    noncharacters among it. But pictographs are reserved before they are assigned, and some format characters
#    are drawn: the signs below a number in Arabic, Syriac and Kaithi (U+0600, U+06DD).
# Z: blanks. M: marks without a letter. Default_Ignorable: joiners, selectors, tags, fillers of Hangul.
# EMPTY: assigned, but drawn as nothing: a braille pattern without dots, a note without a head, blanks of
#    hieroglyphs, and the fillers of Hangul again, for another table of properties.
EMPTY = r"\u2800\u3164\uffa0\U0001d159\U00013441\U00013442"
VISIBLE = regex.compile(
    r"\p{Extended_Pictographic}|\p{Prepended_Concatenation_Mark}"
    rf"|[^\p{{C}}\p{{Z}}\p{{M}}\p{{Default_Ignorable_Code_Point}}{EMPTY}]"
)
NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
# The first line that shows something keeps its indentation: code is pasted here.
BLANK_LINES = regex.compile(r"(?:[^\S\n]*+\n)++")


def clean_content(content: str) -> str:
    """Return `content` without blank lines around it and with plain line ends, or raise ValidationError.

    The rule of the database is weaker on purpose: it must not change with Unicode, and it holds for all rows.

    PostgreSQL's text holds no NUL and no lone surrogate; found here, they are the writer's error, not ours.
    """
    if not isinstance(content, str):
        raise ValidationError("A message must be text.", code="type")
    content = content.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if blank := BLANK_LINES.match(content):
        content = content[blank.end() :]
    if NOT_TEXT.search(content):
        raise ValidationError("The message contains a character that is not text.", code="not_text")
    if not content:
        raise ValidationError("Write something first: a message cannot be empty.", code="blank")
    if not VISIBLE.search(content):
        raise ValidationError(
            "A message cannot be empty: nobody could see the characters of this one.", code="blank"
        )
    if len(content) > MAX_LENGTH:
        raise ValidationError(
            f"A message can have at most {MAX_LENGTH:,} characters; this one has {len(content):,}.",
            code="too_long",
        )
    return content
