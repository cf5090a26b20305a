"""What is refused, and how that is said."""

import copy
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from bobbin_verify.member import Member

from conftest import BASE_URL, ask

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/chats/metrics", "//metrics", "/%6detrics"])
def test_metrics_are_not_public(path):
    answer = ask("GET", path)
    assert answer.status in {400, 404}
    assert b"# TYPE" not in answer.body


@pytest.mark.door
def test_readiness_is_for_the_machinery():
    answer = ask("GET", "/readyz")
    assert answer.status == 404
    assert b"redis" not in answer.body


def test_a_host_name_that_is_not_ours_is_refused():
    answer = ask("GET", "/accounts/login/", {"Host": "evil.example"})
    assert answer.status == 400
    assert b"evil.example" not in answer.body


def test_who_says_to_be_a_proxy_is_not_believed():
    """Otherwise anybody could choose the address that limits and logs go by."""
    plain = ask("GET", "/accounts/login/")
    claimed = ask("GET", "/accounts/login/", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"})
    assert claimed.status == plain.status


@pytest.mark.door
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "FOOBARX"])
def test_no_other_method_reaches_the_application(method):
    answer = ask(method, "/chats/")
    assert answer.status == 405
    if method != "TRACE":  # nginx refuses that one before it has read any of our settings.
        assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.door
def test_a_body_that_no_message_has_is_refused():
    answer = ask("POST", "/chats/new/", FORM, b"content=" + b"x" * 300_000)
    assert answer.status == 413
    assert b"10,000 characters" in answer.body


def test_the_longest_message_arrives(alice, bob):
    longest = "\U0001f9f5" * 10_000
    root = alice.send(bob, longest)
    assert bob.thread(root)[0].content == longest


@pytest.mark.door
def test_headers_of_any_length_are_refused():
    assert ask("GET", "/accounts/login/", {"X-Long": "x" * 40_000}).status in {400, 431}
    assert ask("GET", f"/accounts/login/?{'x' * 9_000}").status == 414


@pytest.mark.door
def test_sending_has_a_limit_and_says_when_to_try_again():
    """By address: a made-up session, another each time, is no other client."""

    def send(_):
        session = {"Cookie": f"sessionid={uuid.uuid4().hex}"} | FORM
        return ask("POST", "/chats/new/", session, b"content=x")

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(send, range(400)))

    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 10
    assert len(answers) - len(refused) >= 100
    assert all(answer.headers["Retry-After"] == "5" for answer in refused)
    assert b"Wait a few seconds" in refused[0].body


def test_the_limit_of_one_member_is_not_anothers(dora, alice, bob):
    """They share an address here, as in an office."""
    hasty = copy.copy(dora)
    hasty.__class__ = Member  # Does not wait and try again, as the members of these tests do.
    # As many as it takes: a slow machine sends hardly more in a minute than one member may.
    statuses = (hasty.submit("/chats/new/", to=bob.name, content="Hello").status for _ in range(300))
    assert 429 in statuses
    assert alice.submit("/chats/new/", to=bob.name, content="Still possible").status == 302


@pytest.mark.door
def test_guessing_passwords_has_a_limit():
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: ask("POST", "/accounts/login/", FORM, b"username=x"), range(60)))

    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 10
    assert all(answer.headers["Retry-After"] for answer in refused)
    assert ask("GET", "/accounts/login/").status == 200


def test_the_error_page_is_ours_and_keeps_what_it_must():
    answer = ask("GET", "/no-such-page/<script>/")
    assert answer.status == 404
    assert b"There is nothing here" in answer.body
    assert b"<script>" not in answer.body


@pytest.mark.door
def test_a_client_that_never_ends_its_request_is_let_go():
    address = urlsplit(BASE_URL)
    with socket.create_connection((address.hostname, address.port or 80), timeout=30) as slow:
        slow.sendall(b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        said = slow.recv(100)  # TimeoutError when nginx waits for ever.
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")
