"""Refused requests and their error pages."""

import copy
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.e2e.site.address import BASE_URL, fetch
from tests.support.http_client.member import Member

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/chats/metrics", "//metrics", "/%6detrics"])
def test_metrics_are_not_public(path):
    answer = fetch("GET", path)
    assert answer.status in {400, 404}
    assert b"# TYPE" not in answer.body


@pytest.mark.nginx
def test_readiness_is_not_public():
    answer = fetch("GET", "/readyz")
    assert answer.status == 404
    assert b"redis" not in answer.body


def test_unknown_host_name_is_refused():
    answer = fetch("GET", "/accounts/login/", {"Host": "evil.example"})
    assert answer.status == 400
    assert b"evil.example" not in answer.body


def test_forwarded_headers_of_a_client_are_ignored():
    """Otherwise a client could choose the address that limits and logs use."""
    plain = fetch("GET", "/accounts/login/")
    claimed = fetch(
        "GET", "/accounts/login/", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    )
    assert claimed.status == plain.status


@pytest.mark.nginx
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "FOOBARX"])
def test_no_other_method_reaches_the_application(method):
    answer = fetch(method, "/chats/")
    assert answer.status == 405
    if method != "TRACE":  # nginx rejects TRACE before it applies the configuration of the location.
        assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.nginx
def test_error_page_of_nginx_has_the_language_of_the_browser():
    answer = fetch("GET", "/metrics", {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"})
    assert (answer.status, answer.headers["Content-Language"]) == (404, "de")
    assert "Seite nicht gefunden" in answer.text


@pytest.mark.nginx
def test_body_larger_than_any_message_is_refused():
    answer = fetch("POST", "/chats/new/", FORM, b"content=" + b"x" * 300_000)
    assert answer.status == 413
    assert b"10,000 characters" in answer.body


def test_the_longest_message_arrives(alice, bob):
    longest = "\U0001f9f5" * 10_000
    root = alice.send(bob, longest)
    assert bob.thread(root)[0].content == longest


@pytest.mark.nginx
def test_too_long_headers_are_refused():
    assert fetch("GET", "/accounts/login/", {"X-Long": "x" * 40_000}).status in {400, 431}
    assert fetch("GET", f"/accounts/login/?{'x' * 9_000}").status == 414


@pytest.mark.nginx
def test_sending_beyond_the_limit_returns_retry_after():
    """The limit is per address: a different invalid session in each request does not evade it."""

    def send(_):
        session = {"Cookie": f"sessionid={uuid.uuid4().hex}"} | FORM
        return fetch("POST", "/chats/new/", session, b"content=x")

    # Earlier tests sent from this address. The burst of 100 is complete again after five seconds.
    time.sleep(5)
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(send, range(400)))

    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 10
    assert len(answers) - len(refused) >= 100
    assert all(answer.headers["Retry-After"] == "5" for answer in refused)
    assert b"Wait a few seconds" in refused[0].body


def test_limit_of_one_member_does_not_affect_another(dora, alice, bob):
    """The members share an address here, as in an office."""
    hasty = copy.copy(dora)
    hasty.__class__ = Member  # Unlike Patient, does not wait after a 429 response.
    # Send until the limit is reached: a slow machine sends barely more in a minute than the limit.
    statuses = (hasty.submit("/chats/new/", to=bob.name, content="Hello").status for _ in range(300))
    assert 429 in statuses
    assert alice.submit("/chats/new/", to=bob.name, content="Still possible").status == 302


@pytest.mark.nginx
def test_log_in_attempts_have_a_limit():
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: fetch("POST", "/accounts/login/", FORM, b"username=x"), range(60)))

    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 10
    assert all(answer.headers["Retry-After"] for answer in refused)
    assert fetch("GET", "/accounts/login/").status == 200


def test_error_page_is_that_of_bobbin_and_escapes_the_path():
    answer = fetch("GET", "/no-such-page/<script>/")
    assert answer.status == 404
    assert b"Page not found" in answer.body
    assert b"<script>" not in answer.body


@pytest.mark.nginx
def test_connection_with_an_endless_request_is_closed():
    address = urlsplit(BASE_URL)
    with socket.create_connection((address.hostname, address.port or 80), timeout=30) as slow:
        slow.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        said = slow.recv(100)  # Raises TimeoutError if nginx never closes the connection.
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")
