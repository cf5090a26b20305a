"""The rule for the text of a message, in one place for pages, imports and everybody who saves one."""

import regex
from django.core.exceptions import ValidationError

MAX_LENGTH = 10_000
# A character that a reader sees: no blank, no control or format character, no mark without a letter, and none
# that every font may leave out. A braille pattern without dots and the fillers of Hangul are empty.
VISIBLE = regex.compile(
    r"[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u3164\uffa0]"
)
# The first line that shows something keeps its indentation: code is pasted here.
BLANK_LINES = regex.compile(r"(?:[^\S\n]*+\n)++")


def clean_content(content: str) -> str:
    """Return `content` without blank lines around it and with plain line ends, or raise ValidationError.

    The rule of the database is weaker on purpose: what counts as a blank there depends on its locale.

    PostgreSQL's text holds no NUL and no lone surrogate; found here, they are the writer's error, not ours.
    """
    if not isinstance(content, str):
        raise ValidationError("A message must be text.", code="type")
    content = content.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if blank := BLANK_LINES.match(content):
        content = content[blank.end() :]
    if "\x00" in content or any("\ud800" <= letter <= "\udfff" for letter in content):
        raise ValidationError("The message contains a character that is not text.", code="not_text")
    if not VISIBLE.search(content):
        raise ValidationError("Write something first: a message cannot be empty.", code="blank")
    if len(content) > MAX_LENGTH:
        raise ValidationError(
            f"A message can have at most {MAX_LENGTH:,} characters; this one has {len(content):,}.",
            code="too_long",
        )
    return content
