"""Parser of import files: one JSON object per line. An invalid line is reported with the reason."""

import codecs
import contextlib
import gzip
import json
import re
import sys
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from django.core.exceptions import ValidationError

from messaging.content import clean_content

LONGEST_LINE = 1_000_000  # Bytes; ten times the size of the longest message.
# It gives the same record the same client id on every run. Never change it.
NAMESPACE = uuid.UUID("5b0bb1c4-3f0a-5d7e-9a61-2f6d0f6c7a10")
# ISO 8601 allows both forms, with and without colons.
LEAP_SECOND = re.compile(r"([T ]\d\d(:?)59\2)60([.,]\d+)?(?=[Z+-]|$)")
END_OF_DAY = re.compile(r"([T ])24(?=((:?)00(\3(?:00)([.,]0+)?)?)?([Z+-]|$))")
T = TypeVar("T", int, str)
Fields = dict[str, Any]
GZIP = b"\x1f\x8b"


class BadLineError(Exception):
    """A line that cannot be imported. The message is the reason, `id` is the id of the record."""

    id: int | None = None


class UnreadableError(Exception):
    """A file that cannot be read completely. The message is the reason."""


class Record(NamedTuple):
    """A message as given in the file."""

    number: int  # Line number, from 1.
    id: int
    sender: str
    receiver: str
    content: str
    timestamp: datetime
    parent: int | None
    client_id: uuid.UUID


@contextlib.contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, BinaryIO, int | None]]:
    """Open a plain or gzip file, or standard input for `-`.

    Yield (decompressed stream, stream of the file, its size in bytes or None). Raise UnreadableError.
    """
    try:
        with contextlib.ExitStack() as stack:
            raw: Any = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
            size = None if name == "-" else Path(name).stat().st_size
            text: Any = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == GZIP else raw
            yield text, raw, size
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableError(f"{name} is a damaged or incomplete gzip file ({error})") from error
    except OSError as error:
        raise UnreadableError(f"{name} cannot be read: {error.strerror or error}") from error


def lines(text: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each line that is not blank. A line that is too long is truncated."""
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        # Concatenated files have one at the beginning of each. An empty file has nothing else.
        line = line.removeprefix(codecs.BOM_UTF8).removeprefix(codecs.BOM_UTF8)
        rest = line
        while not rest.endswith(b"\n") and (rest := text.readline(LONGEST_LINE)):
            line = line[:LONGEST_LINE] + b"..."
        if line.strip():
            yield number, line


def batches(text: BinaryIO, size: int) -> Iterator[list[tuple[int, bytes]]]:
    """Yield lists of at most `size` lines. Yield the readable lines of a damaged file before its error."""
    batch: list[tuple[int, bytes]] = []
    try:
        for line in lines(text):
            batch.append(line)
            if len(batch) == size:
                yield batch
                batch = []
    except (EOFError, zlib.error, gzip.BadGzipFile):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def parse(number: int, line: bytes) -> Record:
    """Return the record of a line, or raise BadLineError."""
    if len(line) > LONGEST_LINE:
        raise BadLineError(f"the line is longer than {LONGEST_LINE:,} bytes")
    try:
        found = json.loads(line.decode())
    except UnicodeDecodeError:
        raise BadLineError("the line is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"not JSON ({getattr(error, 'msg', error)})") from None
    if not isinstance(found, dict):
        raise BadLineError("not a JSON object")
    try:
        return _record(number, found)
    except BadLineError as error:
        error.id = found["id"] if isinstance(found.get("id"), int) else None
        raise


def _record(number: int, found: Fields) -> Record:
    sender, receiver = _name(found, "sender"), _name(found, "receiver")
    if sender == receiver:
        raise BadLineError("sender and receiver are the same")
    return Record(
        number=number,
        id=_field(found, "id", int),
        sender=sender,
        receiver=receiver,
        content=_content(found),
        timestamp=_timestamp(found),
        parent=None if found.get("parent") is None else _field(found, "parent", int),
        client_id=_identity(found),
    )


def _field(found: Fields, name: str, kind: type[T]) -> T:
    if name not in found:
        raise BadLineError(f"{name} is missing")
    value = found[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadLineError(f"{name} must be {'a number' if kind is int else 'text'}")
    return value


def _name(found: Fields, name: str) -> str:
    value = _field(found, name, str)
    if not value.strip():
        raise BadLineError(f"{name} is empty")
    return value


def _content(found: Fields) -> str:
    try:
        return clean_content(_field(found, "content", str))
    except ValidationError as error:
        raise BadLineError(f"content: {error.messages[0]}") from None


def _timestamp(found: Fields) -> datetime:
    text = _field(found, "timestamp", str)
    try:
        written, later = _within_the_day(text)
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise BadLineError(f"timestamp {text!r} has no offset from UTC")
        return moment.astimezone(UTC) + later
    except (ValueError, OverflowError):
        raise BadLineError(f"timestamp {text!r} is not a date and time of ISO 8601") from None


def _within_the_day(text: str) -> tuple[str, timedelta]:
    """Return a time that Python can parse, and the time to add to it.

    This handles leap seconds, 24:00 at the end of a day, and lower-case letters.
    """
    text = text.strip().upper()
    if LEAP_SECOND.search(text):
        return LEAP_SECOND.sub(r"\g<1>59", text), timedelta(seconds=1)
    if END_OF_DAY.search(text):
        return END_OF_DAY.sub(r"\g<1>00", text), timedelta(days=1)
    return text, timedelta(0)


def _identity(found: Fields) -> uuid.UUID:
    """Return the same UUID for the same record, so that repeated imports create one message."""
    fields = ("id", "sender", "receiver", "timestamp", "content", "parent")
    return uuid.uuid5(NAMESPACE, json.dumps([found.get(name) for name in fields]))
