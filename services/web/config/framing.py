"""Detection of complete HTTP/1.1 requests, by the same rules as gunicorn (RFC 9112, section 6).

A body needs a Content-Length. Browsers and nginx send one, so chunked bodies are refused (RFC 9110, 15.5.12).
"""

import re

# Limits in bytes. nginx accepts bodies of up to half of MAX_BODY.
MAX_HEAD, MAX_BODY = 64 * 1024, 512 * 1024
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d+)[ \t]*\r\n", re.I)
TRANSFER_ENCODING = re.compile(rb"\r\ntransfer-encoding:", re.I)
BLANK_LINE = b"\r\n\r\n"


class Refused(Exception):
    """The request is refused before it is read completely."""


class TooLarge(Refused):
    """The request is larger than any page needs."""


class LengthRequired(Refused):
    """The head does not state the length of the body."""


class Framing:
    """The received bytes of a request. `is_complete` is True when gunicorn can respond without reading more.

    A request that gunicorn rejects is complete too, such as one with an invalid length. No byte is parsed
    twice, so a client that sends single bytes causes no extra work.
    """

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray()
        self._searched = 0  # Before this index there is no blank line.
        self._length: int | None = None  # Length of the request, known at the end of its head.
        self.add(data)

    @property
    def is_complete(self) -> bool:
        return self._length is not None and len(self.data) >= self._length

    def add(self, data: bytes) -> bool:
        """Append `data` and return whether the request is complete. Raise Refused."""
        self.data += data
        if self._length is None:
            self._parse_head()
        return self.is_complete

    def _parse_head(self) -> None:
        end = self.data.find(BLANK_LINE, max(0, self._searched - len(BLANK_LINE)))
        self._searched = len(self.data)
        if end < 0:
            if self._searched > MAX_HEAD:
                raise TooLarge
            return
        head = bytes(self.data[: end + 2])
        if TRANSFER_ENCODING.search(head):
            raise LengthRequired
        found = CONTENT_LENGTH.search(head)
        self._length = end + len(BLANK_LINE) + (_number(found[1]) if found else 0)


def _number(digits: bytes) -> int:
    """Return the parsed number. Raise TooLarge above MAX_BODY; Python rejects very many digits."""
    if len(digits) > 18 or int(digits) > MAX_BODY:
        raise TooLarge
    return int(digits)
