"""Input that is decoded before a view causes no error: cookies, content types, queries, framing."""

import asyncio
import itertools
import logging
import random

import pytest
from django.test import Client

CODECS = [
    "idna", "punycode", "undefined", "hex", "base64", "rot13", "zip", "uu", "quopri", "bz2", "utf-16",
    "utf-7", "utf-32", "utf_8_sig", "unicode_escape", "raw_unicode_escape", "cp037", "shift_jis", "latin-1",
    "no-such-codec", "", "\0", "é", "utf-8\0", "a" * 400,
]  # fmt: skip
FORM = "application/x-www-form-urlencoded"
KEY = "k3y" * 10 + "00"
PLACES = [
    "/accounts/login/?next=%2fa%c3%a9",
    "/accounts/signup/",
    "/chats/search/?q=%c3%a9",
    "/",
    "/none/%ff",
]
BODY = (
    b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n\xc3\xa9\xff\r\n'
    b"--b\r\nContent-Disposition: form-data; name*=idna''%c3%a9\r\n\r\nx\r\n"
    b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename*=undefined''%ff\r\n\r\nx\r\n--b--\r\n"
)


@pytest.mark.parametrize("codec", CODECS)
def test_charset_that_is_not_utf_8_is_answered_with_400(fetch, codec):
    for path, method in itertools.product(PLACES[:3], ["GET", "POST"]):
        for kind in (f"text/plain; charset={codec}", f"multipart/form-data; boundary=b; charset={codec}"):
            answer = fetch(path, method, BODY, CONTENT_TYPE=kind)
            assert answer == 400 or (codec == "" and answer < 500), (path, method, kind)


@pytest.mark.parametrize(
    "parameter",
    [
        "x*=foo''%41",
        "x*=idna''%c3%a9",
        "charset*=undefined''%ff",
        "x*=a'b",
        "x*0*=hex''%41; x*1=b",
        'x="',
        ";;=",
    ],
)
def test_content_type_parameter_that_cannot_be_decoded_is_no_error(fetch, parameter):
    for path, method in itertools.product(PLACES, ["GET", "POST"]):
        assert fetch(path, method, BODY, CONTENT_TYPE=f"text/plain; {parameter}") < 500


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_form_in_utf_8_is_read(client, charset):
    answer = client.post(
        "/accounts/login/", b"username=a", f"application/x-www-form-urlencoded; charset={charset}"
    )

    assert (answer.status_code, b'value="a"' in answer.content) == (200, True)


MALFORMED = [
    '"aaaaaaaaaaaa\\000"', "a\0b", KEY + "\\000", KEY[:-1], KEY + "0", KEY.upper(), "é" * 32, "%00", "٣" * 32,
    '"' + KEY[:-1] + '\\012"',
]  # fmt: skip


@pytest.mark.parametrize("key", MALFORMED)
def test_malformed_session_key_is_anonymous_without_a_query(fetch, key, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert fetch("/chats/", HTTP_COOKIE=f"sessionid={key}") == 302
        assert (
            fetch("/accounts/login/", HTTP_COOKIE=f"a=b; sessionid={key}; csrftoken={key}; messages={key}")
            == 200
        )


@pytest.fixture
def fetch_events(monkeypatch):
    """Return a function that returns the status of a response of `events`, which must not query a session."""
    from live import asgi, queries

    monkeypatch.setattr(queries, "member_of", None)
    monkeypatch.setattr(asgi.Broker, "start", lambda broker: None)

    def fetch(host: bytes, cookie: bytes) -> int:
        application, said = asgi.Application(), []
        application.broker.listening = True
        headers = [(b"host", host), (b"cookie", cookie)]
        scope = {"type": "http", "path": "/events/", "method": "GET", "headers": headers, "query_string": b""}

        async def send(message):
            said.append(message)

        asyncio.run(application(scope, None, send))
        return said[0]["status"]

    return fetch


@pytest.mark.parametrize("key", ['"aaaaaaaaaaaa\\000"', "a\0b", KEY[:-1], KEY.upper(), ""])
def test_malformed_session_key_is_unauthorized_for_events(key, fetch_events):
    assert fetch_events(b"testserver", f"sessionid={key}".encode("latin-1")) == 401


@pytest.mark.parametrize("host", [b"evil.example", b"a b", b"[::1", b"", b"\xff\x00", b"testserver:port"])
def test_wrong_host_is_refused_by_events_without_a_log_line(host, fetch_events, caplog):
    assert fetch_events(host, b"") == 400
    assert caplog.records == []


def lines_of(caplog, client, *args, **kwargs):
    """Return the status of a request and the log lines that it wrote."""
    caplog.clear()
    with caplog.at_level("INFO"):
        answer = client.post(*args, **kwargs)
    lines = [
        record
        for record in caplog.records
        if not (isinstance(record.msg, dict) and record.msg.get("event") == "request_started")
    ]
    return answer.status_code, lines


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"HTTP_HOST": "evil.example"}, "DisallowedHost"),
        ({"HTTP_HOST": "a b"}, "DisallowedHost"),
        ({"HTTP_HOST": "[::1"}, "DisallowedHost"),
        ({"HTTP_HOST": "testserver:port"}, "DisallowedHost"),
        ({"HTTP_HOST": "a_b.example:80"}, "DisallowedHost"),
        ({"HTTP_HOST": "testserver.evil.example"}, "DisallowedHost"),
        ({"HTTP_HOST": "x" * 5_000}, "DisallowedHost"),
        ({"data": {f"f{n}": "" for n in range(2_000)}}, "TooManyFieldsSent"),
        (
            {"data": {"f": "x" * 3_000_000}, "content_type": "application/x-www-form-urlencoded"},
            "RequestDataTooBig",
        ),
        ({"data": "x", "content_type": "text/plain; charset=idna"}, "BadRequest"),
    ],
)
@pytest.mark.parametrize("https", [False, True])
def test_refused_request_costs_one_log_line(db, settings, caplog, sent, reason, https):
    settings.SECURE_SSL_REDIRECT = https
    sent = dict(sent)
    host = {"HTTP_HOST": sent.pop("HTTP_HOST")} if "HTTP_HOST" in sent else {}
    client = Client(**host)
    status, lines = lines_of(caplog, client, "/accounts/login/", secure=https and not host, **sent)

    assert (status, len(lines)) == (400, 1), lines
    assert reason in str(lines[0].msg) + str(lines[0].args)
    assert lines[0].levelno == logging.WARNING
    assert not lines[0].exc_info


def test_refused_form_without_a_token_costs_one_log_line(db, caplog):
    status, lines = lines_of(caplog, Client(enforce_csrf_checks=True), "/accounts/login/", {"username": "x"})

    assert (status, len(lines)) == (403, 1)
    assert "CSRF cookie not set" in str(lines[0].msg)


PIECES = [
    "a", "\0", "\\000", "é", "\xff", "%00", "%ff", "%c3", ";", "=", '"', "'", ",", "*", "&", "9" * 30, "[",
    KEY,
]  # fmt: skip
HEADERS = [
    "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_COOKIE", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE",
    "HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_ORIGIN", "HTTP_REFERER",
    "REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REQUEST_ID",
    "HTTP_HX_CURRENT_URL",
    "HTTP_HX_REQUEST", "HTTP_USER_AGENT", "HTTP_ACCEPT_ENCODING", "HTTP_X_CSRFTOKEN", "QUERY_STRING",
]  # fmt: skip
STARTS = {
    "CONTENT_TYPE": [
        "text/plain; ",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded; charset=",
    ],
    "HTTP_COOKIE": ["sessionid=", "csrftoken=", "messages=", "device=", ""],
    "HTTP_HX_CURRENT_URL": ["http://testserver/", ""],
}


@pytest.mark.parametrize("seed", range(4))
def test_random_headers_queries_and_bodies_cause_no_error(fetch, settings, seed):
    settings.PROXY_COUNT = 1
    chance = random.Random(seed)

    def text(most=6):
        return "".join(chance.choices(PIECES, k=chance.randint(0, most)))

    for _ in range(100):
        names = chance.sample(HEADERS, chance.randint(1, 4))
        sent = {name: chance.choice(STARTS.get(name, [""])) + text() for name in names}
        path, method = chance.choice(PLACES), chance.choice(["GET", "POST", "HEAD", "OPTIONS", "DELETE"])
        body = chance.choice(
            [b"", BODY, text(30).encode("utf-8"), b"username=%ff%00&" * chance.choice([1, 700])]
        )
        assert fetch(path, method, body, **sent) < 500, (path, method, sent, body[:80])
