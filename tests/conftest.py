"""The cast and the stage of all tests: real PostgreSQL and a real Redis-compatible server, from `make test`.

alice writes, bob receives, charlie is outside and must see nothing.
"""

import os
import re
import sys
import time
from pathlib import Path

import pytest
from django.apps import AppConfig
from zeal import zeal_context

from observability.budgets import budget_exceeded

WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)


def pytest_configure(config):
    if "POSTGRES_HOST" not in os.environ:
        sys.exit("These tests need PostgreSQL and Valkey: run `make test` (ARGS='tests/…' for some of them).")
    from django.conf import settings

    # Each worker has a Redis database of its own: another's must not be emptied under its hands.
    cache = settings.CACHES["default"]
    cache["LOCATION"] = re.sub(r"db=\d+", f"db={WORKER % 16}", cache["LOCATION"])
    # Where whitenoise looks; the tests collect nothing.
    settings.STATIC_ROOT = Path(__file__).parent.parent / "services/web/chats/static"
    _watch_for_n_plus_one(settings)


def _watch_for_n_plus_one(settings):
    """Have zeal raise where the same query is made for one row after the other; only the tests load it."""
    # What being in INSTALLED_APPS would do: pytest-django has set Django up already.
    AppConfig.create("zeal").ready()
    # A request counts for itself: two of one test may ask the same.
    settings.MIDDLEWARE = ["zeal.middleware.zeal_middleware", *settings.MIDDLEWARE]
    settings.ZEAL_CHECK_UNUSED_IGNORES = True


@pytest.fixture(autouse=True)
def n_plus_one():
    """No test and no request in it may make the same query for one row after the other."""
    with zeal_context():
        yield


@pytest.fixture(autouse=True)
def _stage(settings):
    """An empty cache, and static files without a manifest (collectstatic makes it)."""
    from django.core.cache import cache

    from accounts import sessions
    from chats.cache import debts
    from chats.live.notices import untold

    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    # Tests ask more often than people; those of the limits set them.
    settings.MEMBER_LIMITS = dict.fromkeys(settings.MEMBER_LIMITS, 0)
    while debts.any() or untold.any() or sessions.debts.any():  # What a test without Redis left.
        time.sleep(0.05)
    cache.clear()


@pytest.fixture(autouse=True)
def exceeded_budgets():
    """No view may exceed its query budget in any test; one that means to clears this list."""
    found: list[str] = []

    def note(view, budget, statements, **kwargs):
        made = "\n".join(f"  {count}x {sql}" for sql, count in statements.items())
        found.append(f"{view}: {statements.total()} queries, its budget is {budget}\n{made}")

    budget_exceeded.connect(note)
    yield found
    budget_exceeded.disconnect(note)
    assert not found, "\n".join(found)


@pytest.fixture
def member(db):
    """Make a member by name. The password is unusable: hashing one takes longer than most tests."""
    from accounts.models import User

    def make(name: str, **fields):
        return User.objects.create(username=name, password="!", **fields)

    return make


@pytest.fixture
def alice(member):
    return member("alice")


@pytest.fixture
def bob(member):
    return member("bob")


@pytest.fixture
def charlie(member):
    return member("charlie")


@pytest.fixture
def message(alice, bob):
    """alice has written to bob."""
    from messaging.models import Message

    return Message.objects.create(sender=alice, receiver=bob, content="Good morning, Bob")


@pytest.fixture
def write(db):
    """Write one message, as a page does."""
    from messaging.models import Message

    def send(sender, receiver, content="Hello", **fields):
        return Message.objects.create(sender=sender, receiver=receiver, content=content, **fields)

    return send


@pytest.fixture
def write_many(db):
    """Write `count` messages at once; with `parent` they are replies to it."""
    from messaging.models import Message

    def send(sender, receiver, count, content="Hello", **fields):
        return Message.objects.bulk_create(
            Message(sender=sender, receiver=receiver, content=f"{content} {number}", **fields)
            for number in range(count)
        )

    return send


@pytest.fixture
def browser_of():
    """A browser in which this member is logged in."""
    from django.test import Client

    def log_in(user):
        client = Client()
        with zeal_context():  # Counts for itself, like a request.
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in
