"""A browser with one keep-alive connection, in a quarter of the CPU time of `http.client`.

The browsers share the processors with the servers. They expect that every response has a Content-Length, or
no body.
"""

import itertools
import random
import re
import socket
import urllib.parse
import uuid

# Browsers reconnect after this number of requests, so that they change between the workers.
REQUESTS_A_CONNECTION = (30, 70)
TIMEOUT = 20
WITHOUT_BODY = {204, 304}

unique = itertools.count(1)


class ClosedError(ConnectionError):
    """The server closed the connection before the response was complete."""


class Head:
    """The status line and the headers of a response."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.status = int(data[9:12])

    def get(self, name: str, default: str | None = None) -> str | None:
        found = re.search(rb"\r\n%s: ([^\r]*)" % name.encode(), self.data, re.IGNORECASE)
        return found[1].decode("latin-1") if found else default


class Browser:
    def __init__(self) -> None:
        self.connection: socket.socket | None = None
        self.port = self.left = 0
        self.etags: dict[str, str] = {}  # By path, of visits that revalidate their page.

    def fetch(self, port: int, visit: dict, client_id: str = "") -> tuple[int, Head, bytes]:
        """Send one request; return status, headers and body. A visit with `sent` posts a form."""
        if not self.left or port != self.port:
            self.renew(port)
        self.left -= 1
        request = self._request(port, visit, client_id or str(uuid.uuid4()))
        try:
            head, body = self.exchange(request)
        except ConnectionError:
            # A worker that restarts closes its connections; retry once, as browsers do.
            self.renew(port)
            head, body = self.exchange(request)
        if "status" in visit and head.status == 200:
            self.etags[visit["path"]] = head.get("ETag") or ""
        return head.status, head, body

    def exchange(self, request: bytes) -> tuple[Head, bytes]:
        assert self.connection
        self.connection.sendall(request)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head, body = Head(data[: end + 2]), data[end + 4 :]
        length = 0 if head.status in WITHOUT_BODY else int(head.get("Content-Length") or "none")
        while len(body) < length:
            body += self._receive()
        if head.get("Connection", "").lower() == "close":
            self.left = 0
        return head, body

    def renew(self, port: int) -> None:
        if self.connection:
            self.connection.close()
        self.connection, self.left = None, 0  # Until it is connected.
        self.connection = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port, self.left = port, random.randint(*REQUESTS_A_CONNECTION)

    def _receive(self) -> bytes:
        assert self.connection
        received = self.connection.recv(65_536)
        if not received:
            raise ClosedError
        return received

    def _request(self, port: int, visit: dict, client_id: str) -> bytes:
        path = visit["path"].replace("UNIQUE", str(next(unique)))
        headers = f"Host: 127.0.0.1:{port}\r\nCookie: {visit['cookie']}\r\n"
        if "status" in visit and (etag := self.etags.get(visit["path"])):
            headers += f"If-None-Match: {etag}\r\n"
        if "sent" not in visit:
            return f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode()
        form = _form(visit, client_id)
        headers += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        return f"POST {path} HTTP/1.1\r\n{headers}\r\n{form}".encode()


def _form(visit: dict, client_id: str) -> str:
    text = f"The warp is on the shelf beside the door, and the bobbins too: {client_id}"
    return urllib.parse.urlencode(
        {"csrfmiddlewaretoken": visit["token"], "client_id": client_id, "content": text}
    )
