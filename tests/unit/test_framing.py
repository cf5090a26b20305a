"""Framing reports a request as complete exactly when gunicorn reads no more data."""

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from config.framing import MAX_BODY, MAX_HEAD, Framing, TooLarge

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
COMPLETE = {
    "no body": HEAD + b"\r\n",
    "a length": HEAD + b"Content-Length: 5\r\n\r\nabcde",
    "a length with zeros": HEAD + b"CONTENT-LENGTH:\t" + b"0" * 40 + b"5 \r\n\r\nabcde",
    "chunks": CHUNKED + b"5\r\nabcde\r\n00a;x=y\r\n0123456789\r\n0\r\n\r\n",
    "a chunk like an end": CHUNKED + b"5\r\n0\r\n\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"1\r\na\r\n0\r\nX-A: 0\r\nX-B: b\r\n\r\n",
}
REFUSED = {
    "a chunk without a size": CHUNKED + b"x\r\n\r\n",
    "a chunk without an end": CHUNKED + b"1\r\nabc\r\n",
    "a size with a sign": CHUNKED + b"+5\r\nabcde\r\n0\r\n\r\n",
    "a size without an end": CHUNKED + b"0" * 9000,
    "a length that is none": HEAD + b"Content-Length: \xb2\r\n\r\n",
    "a folded length": HEAD + b"Content-Length:\r\n 5\r\n\r\n",
    "a blank line first": b"\r\n\r\n" + HEAD + b"Content-Length: 5\r\n\r\n",
    "both": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
}


class WaitsError(Exception):
    """gunicorn reads beyond the available data."""


def would_wait(data):
    """Return whether gunicorn reads beyond `data`."""

    def source():
        yield data
        raise WaitsError

    try:
        next(RequestParser(Config(), source(), ("127.0.0.1", 1))).body.read()
    except WaitsError:
        return True
    except (ParseException, OSError):
        return False  # Refused.
    return False


@pytest.mark.parametrize("request_name", COMPLETE)
def test_request_is_complete_exactly_when_gunicorn_does_not_wait(request_name):
    request, framing = COMPLETE[request_name], Framing()
    for end in range(1, len(request) + 1):
        framing.add(request[end - 1 : end])
        assert framing.is_complete == Framing(request[:end]).is_complete == (not would_wait(request[:end]))
    assert framing.is_complete
    assert bytes(framing.data) == request


@pytest.mark.parametrize("request_name", REFUSED)
def test_refused_request_never_blocks_a_thread(request_name):
    request = REFUSED[request_name]
    assert Framing(request).is_complete
    for end in range(1, len(request) + 1, 1 + len(request) // 200):
        assert not (Framing(request[:end]).is_complete and would_wait(request[:end]))


@pytest.mark.parametrize(
    "request_start",
    [
        b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD,
        HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1),
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        CHUNKED + b"%x\r\n" % (MAX_BODY + 1),
        CHUNKED + b"f" * 5000 + b"\r\n",
        CHUNKED + b"1\r\na\r\n" * (MAX_BODY // 6 + 1),
        CHUNKED + b"0\r\nX: " + b"x" * MAX_HEAD,
    ],
    ids=["head", "length", "digits", "chunk", "digits of a chunk", "chunks", "trailers"],
)
def test_too_large_request_is_refused(request_start):
    with pytest.raises(TooLarge):
        Framing(request_start)


def test_next_request_is_not_parsed_with_the_first():
    assert Framing(COMPLETE["a length"] + HEAD).is_complete
