"""Single HTTP requests and streams without cookies, redirects and proxies. `Browser` is built on it."""

import http.client
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Connection:
    """A connection to the site at `base`, from the address `source` of this machine."""

    def __init__(self, base: str, timeout: float = 30, source: str = "") -> None:
        address = urlsplit(base)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self.line = kind(address.netloc, timeout=timeout, source_address=(source, 0) if source else None)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.line.close()

    def open(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> http.client.HTTPResponse:
        """Send a request, and return the response before its body is read."""
        self.line.request(method, path, body, headers or {})
        return self.line.getresponse()

    def fetch(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """Send a request, and return the whole response. The connection stays open."""
        response = self.open(method, path, headers, body)
        return Answer(response.status, response.headers, response.read())


def fetch(
    base: str,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    **options: Any,
) -> Answer:
    """Send one request on a connection of its own. `options` are those of `Connection`."""
    with Connection(base, **options) as connection:
        return connection.fetch(method, path, headers, body)
