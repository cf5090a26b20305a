"""The rule for the text of a message, in one place for pages, imports and everybody who saves one."""

from django.core.exceptions import ValidationError

MAX_LENGTH = 10_000


def clean_content(content: str) -> str:
    """Return `content` trimmed and with plain line ends, or raise ValidationError.

    PostgreSQL's text holds no NUL and no lone surrogate; found here, they are the writer's error, not ours.
    """
    if not isinstance(content, str):
        raise ValidationError("A message must be text.", code="type")
    content = content.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not content:
        raise ValidationError("Write something first: a message cannot be empty.", code="blank")
    if len(content) > MAX_LENGTH:
        raise ValidationError(
            f"A message can have at most {MAX_LENGTH:,} characters; this one has {len(content):,}.",
            code="too_long",
        )
    if "\x00" in content or any("\ud800" <= letter <= "\udfff" for letter in content):
        raise ValidationError("The message contains a character that is not text.", code="not_text")
    return content
