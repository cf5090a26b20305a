"""A running Bobbin, wherever it runs: nothing but HTTP, and nothing left behind.

BASE_URL        where it answers: `make run`, compose, Kubernetes
DOOR            nginx when nginx is what answers there, otherwise none
PROMETHEUS_URL  where its Prometheus answers, if it has one
"""

import http.client
import os
import uuid
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from bobbin_verify.patient import Patient

BASE_URL = os.environ.get("BASE_URL", "").rstrip("/")
DOOR = os.environ.get("DOOR", "none")
PROMETHEUS_URL = os.environ.get("PROMETHEUS_URL", "").rstrip("/")


def pytest_configure(config):
    if not BASE_URL.startswith(("http://", "https://")):
        raise pytest.UsageError("say which Bobbin: make e2e URL=http://127.0.0.1:8000")
    if DOOR not in {"nginx", "none"}:
        raise pytest.UsageError(f"DOOR={DOOR}; it can be nginx or none")
    server = ask("HEAD", "/accounts/login/").headers["Server"] or ""
    if server.startswith("nginx") != (DOOR == "nginx"):
        raise pytest.UsageError(f"DOOR={DOOR}, but what answers at {BASE_URL} calls itself {server!r}")


def _left_out() -> dict[str, str]:
    marks = {} if DOOR == "nginx" else {"door": "there is no nginx (DOOR=none)"}
    return marks if PROMETHEUS_URL else marks | {"monitored": "there is no Prometheus (PROMETHEUS_URL)"}


def pytest_report_header(config):
    return [f"site: {BASE_URL}", *(f"left out: {mark}, as {why}" for mark, why in _left_out().items())]


def pytest_collection_modifyitems(config, items):
    out = [item for item in items if any(item.get_closest_marker(mark) for mark in _left_out())]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    """One request as it is: no cookies, no redirects, any method, any host."""
    address = urlsplit(BASE_URL)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def _member(name: str):
    member = Patient(BASE_URL, f"{name}-{uuid.uuid4().hex[:8]}")
    member.sign_up()
    yield member
    if member.has_account:
        browser = Patient(BASE_URL, member.name, member.password)
        browser.expect_redirect(browser.log_in(), "/chats/")
        browser.delete_account()


@pytest.fixture(scope="session")
def alice():
    yield from _member("alice")


@pytest.fixture(scope="session")
def bob():
    yield from _member("bob")


@pytest.fixture(scope="session")
def charlie():
    yield from _member("charlie")


@pytest.fixture
def dora():
    """A member whose limits a test may use up."""
    yield from _member("dora")


@pytest.fixture(scope="session")
def thread(alice, bob):
    """alice has written to bob, and changed it since; the id."""
    root = alice.send(bob, "For Bob alone")
    alice.edit(root, "For Bob alone, really")
    return root
