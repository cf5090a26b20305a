"""Detection of complete HTTP/1.1 requests, by the same rules as gunicorn (RFC 9112, sections 6 and 7.1)."""

import re
from collections.abc import Callable

# Limits in bytes. nginx accepts bodies of up to half of MAX_BODY.
MAX_HEAD, MAX_BODY, MAX_CHUNK_LINE = 64 * 1024, 512 * 1024, 8 * 1024
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d+)[ \t]*\r\n", re.I)
TRANSFER_ENCODING = re.compile(rb"\r\ntransfer-encoding:", re.I)
CHUNK_SIZE = re.compile(rb"([0-9a-f]+)[ \t]*(?:;|$)", re.I)
BLANK_LINE = b"\r\n\r\n"


class TooLarge(Exception):
    """The request is larger than any page needs."""


class Framing:
    """The received bytes of a request. `is_complete` is True when gunicorn can respond without reading more.

    A request that gunicorn rejects is complete too, such as a chunk without a size. No byte is parsed twice,
    so a client that sends single bytes causes no extra work.
    """

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray()
        self.is_complete = False
        self._place = 0  # Index of the first byte that is not parsed yet.
        self._searched = 0  # Before this index there is no blank line.
        self._body = 0  # Index of the first byte of the body.
        self._parse: Callable[[], bool] = self._parse_head
        self.add(data)

    def add(self, data: bytes) -> bool:
        """Append `data` and return whether the request is complete. Raise TooLarge."""
        self.data += data
        # Each parser returns whether the next one can run with the bytes received so far.
        while not self.is_complete and self._parse():
            pass
        if not self.is_complete and self._body and len(self.data) - self._body > MAX_BODY:
            raise TooLarge
        return self.is_complete

    def _parse_head(self) -> bool:
        end = self._find_blank_line()
        if end < 0:
            return False
        head = bytes(self.data[: end + 2])
        self._place = self._body = end + len(BLANK_LINE)
        if TRANSFER_ENCODING.search(head):
            self._parse = self._parse_chunk
            return True
        found = CONTENT_LENGTH.search(head)
        self._expect_until(self._body + _number(found[1], 10) if found else self._body)
        return True

    def _expect_until(self, end: int) -> None:
        def parse() -> bool:
            self.is_complete = len(self.data) >= end
            return False

        self._parse = parse

    def _parse_chunk(self) -> bool:
        end = self.data.find(b"\r\n", self._place)
        if end < 0:
            self.is_complete = len(self.data) - self._place > MAX_CHUNK_LINE  # gunicorn rejects it.
            return False
        found = CHUNK_SIZE.match(bytes(self.data[self._place : end]))
        size = _number(found[1].lstrip(b"0") or b"0", 16) if found else 0
        after = end + 2
        if found and not size:
            self._place, self._parse = after, self._parse_trailers
            return True
        if found and len(self.data) < after + size + 2:
            return False
        self._place = after + size + 2
        self.is_complete = not found or self.data[after + size : self._place] != b"\r\n"
        return True

    def _parse_trailers(self) -> bool:
        is_empty = self.data.startswith(b"\r\n", self._place)
        self.is_complete = is_empty or self._find_blank_line() >= 0
        return False

    def _find_blank_line(self) -> int:
        """Return the index where the head or the trailers end, or -1 if incomplete. Raise TooLarge."""
        found = self.data.find(BLANK_LINE, max(self._place, self._searched - len(BLANK_LINE)))
        self._searched = len(self.data)
        if found < 0 and len(self.data) - self._place > MAX_HEAD:
            raise TooLarge
        return found


def _number(digits: bytes, base: int) -> int:
    """Return the parsed number. Raise TooLarge above MAX_BODY; Python rejects very many digits."""
    if len(digits) > 18 or int(digits, base) > MAX_BODY:
        raise TooLarge
    return int(digits, base)
