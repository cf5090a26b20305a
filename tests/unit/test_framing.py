"""Framing reports a request as complete exactly when gunicorn reads no more data."""

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from config.framing import MAX_BODY, MAX_HEAD, Framing, LengthRequired, TooLarge

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
COMPLETE = {
    "no body": HEAD + b"\r\n",
    "a length": HEAD + b"Content-Length: 5\r\n\r\nabcde",
    "a length with zeros": HEAD + b"CONTENT-LENGTH:\t" + b"0" * 40 + b"5 \r\n\r\nabcde",
    "a length of zero": HEAD + b"Content-Length: 0\r\n\r\n",
}
REFUSED = {
    "a length that is none": HEAD + b"Content-Length: \xb2\r\n\r\n",
    "a folded length": HEAD + b"Content-Length:\r\n 5\r\n\r\n",
    "a blank line first": b"\r\n\r\n" + HEAD + b"Content-Length: 5\r\n\r\n",
}
WITHOUT_LENGTH = {
    "chunks": CHUNKED + b"5\r\nabcde\r\n00a;x=y\r\n0123456789\r\n0\r\n\r\n",
    "a part of a chunk": CHUNKED + b"5\r\nab",
    "a chunk without a size": CHUNKED + b"x\r\n\r\n",
    "a size without an end": CHUNKED + b"0" * 9000,
    "a head alone": CHUNKED,
    "a length too": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "a length before": HEAD + b"Content-Length: 3\r\nTRANSFER-ENCODING:\tgzip, chunked\r\n\r\n",
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
    ],
    ids=["head", "length", "digits"],
)
def test_too_large_request_is_refused(request_start):
    with pytest.raises(TooLarge):
        Framing(request_start)


@pytest.mark.parametrize("request_name", WITHOUT_LENGTH)
def test_body_without_a_length_is_refused_at_the_end_of_the_head(request_name):
    request = WITHOUT_LENGTH[request_name]
    end = request.index(b"\r\n\r\n") + 4
    framing = Framing(request[: end - 1])
    assert not framing.is_complete
    with pytest.raises(LengthRequired):
        framing.add(request[end - 1 :])


def test_next_request_is_not_parsed_with_the_first():
    assert Framing(COMPLETE["a length"] + HEAD).is_complete
