"""Fixtures for a running site. The tests use only HTTP, and delete the accounts that they create."""

import uuid

import pytest

from tests.e2e.site.address import BASE_URL, EDGE, PROMETHEUS_URL, fetch
from tests.support.http_client.patient import Patient


def pytest_configure(config):
    if not BASE_URL.startswith(("http://", "https://")):
        raise pytest.UsageError("say which Bobbin: make e2e URL=http://127.0.0.1:8000")
    if EDGE not in {"nginx", "none"}:
        raise pytest.UsageError(f"EDGE={EDGE}; it can be nginx or none")
    server = fetch("HEAD", "/accounts/login/").headers["Server"] or ""
    if server.startswith("nginx") != (EDGE == "nginx"):
        raise pytest.UsageError(f"EDGE={EDGE}, but what answers at {BASE_URL} calls itself {server!r}")


def _left_out() -> dict[str, str]:
    marks = {} if EDGE == "nginx" else {"nginx": "there is no nginx (EDGE=none)"}
    return marks if PROMETHEUS_URL else marks | {"monitored": "there is no Prometheus (PROMETHEUS_URL)"}


def pytest_report_header(config):
    return [f"site: {BASE_URL}", *(f"left out: {mark}, as {why}" for mark, why in _left_out().items())]


def pytest_collection_modifyitems(config, items):
    out = [item for item in items if any(item.get_closest_marker(mark) for mark in _left_out())]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


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
    """A member whose rate limits a test may exhaust."""
    yield from _member("dora")


@pytest.fixture(scope="session")
def thread(alice, bob):
    """Return the id of a message that alice sent to bob and then edited."""
    root = alice.send(bob, "For Bob alone")
    alice.edit(root, "For Bob alone, really")
    return root
