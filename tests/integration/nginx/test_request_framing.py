"""nginx and gunicorn agree where a request ends: no client can hide a second request in the first one."""

import socket
from urllib.parse import urlsplit

import pytest

HIDDEN = "GET /accounts/signup/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
SIZE = len(HIDDEN) + 5
CHUNKED = f"0\r\n\r\n{HIDDEN}"
AMBIGUOUS = {
    "length and coding": (f"Content-Length: {SIZE}\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "coding and length": (f"Transfer-Encoding: chunked\r\nContent-Length: {SIZE}\r\n", CHUNKED),
    "coding twice": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", CHUNKED),
    "coding in a list": ("Transfer-Encoding: gzip, chunked\r\n", CHUNKED),
    "unknown coding": ("Transfer-Encoding: xchunked\r\n", CHUNKED),
    "coding with a tab": ("Transfer-Encoding:\tchunked\x0b\r\n", CHUNKED),
    "space before the colon": (f"Transfer-Encoding : chunked\r\nContent-Length: {SIZE}\r\n", CHUNKED),
    "folded line": (f"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: {SIZE}\r\n", CHUNKED),
    "two lengths": (f"Content-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n", HIDDEN),
    "list of lengths": (f"Content-Length: 0, {len(HIDDEN)}\r\n", HIDDEN),
    "signed length": (f"Content-Length: +{len(HIDDEN)}\r\n", HIDDEN),
    "negative length": ("Content-Length: -1\r\n", HIDDEN),
    "length in hexadecimal": (f"Content-Length: {len(HIDDEN):#x}\r\n", HIDDEN),
    "length of NUL": (f"Content-Length: {len(HIDDEN)}\0\r\n", HIDDEN),
    "chunk size too large": ("Transfer-Encoding: chunked\r\n", f"{'f' * 20}\r\n{HIDDEN}"),
    "chunk size with a sign": ("Transfer-Encoding: chunked\r\n", f"+0\r\n\r\n{HIDDEN}"),
}


def answered(url: str, head: str, body: str) -> bytes:
    """Return all that the server sends until it closes the connection or is silent for ten seconds."""
    request = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n{body}".encode("latin-1")
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=10) as client:
        client.sendall(request)
        said = b""
        try:
            while data := client.recv(65_536):
                said += data
        except (TimeoutError, ConnectionResetError):
            pass
    return said


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_request_of_ambiguous_length_hides_no_second_request(site, db, name):
    said = answered(site.url, *AMBIGUOUS[name])

    assert said.count(b"HTTP/1.1 ") <= 1
    assert said[9:12] in {b"400", b"501", b"403", b"413"}
    assert b"Sign up" not in said


def test_second_request_after_a_complete_one_is_answered(site, db):
    """The control: without ambiguity, this client sees the second page."""
    said = answered(site.url, "Content-Length: 0\r\n", HIDDEN)

    assert said.count(b"HTTP/1.1 ") == 2
    assert b"Sign up" in said


def test_chunked_body_reaches_web_with_a_length(site, db):
    """nginx reads the body first. `web` answers chunks with 411, and a form without a token with 403."""
    said = answered(site.url, "Transfer-Encoding: chunked\r\nConnection: close\r\n", "3\r\na=b\r\n0\r\n\r\n")

    assert said[9:12] == b"403"
