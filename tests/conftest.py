"""Shared fixtures of all tests.

The tests run on a real PostgreSQL and a real Redis-compatible server, which `make test` starts.

alice writes, bob receives, and charlie is an outsider who must see nothing.
"""

import os
import re
import sys
import time
from pathlib import Path

import hypothesis
import jinja2
import pytest
from django.apps import AppConfig
from django.test.testcases import LiveServerThread
from zeal import zeal_context

from observability.budgets import budget_exceeded
from tests.support import empty_tables
from tests.support.one_thread_server import OneThreadServer

WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")) or 0)
REDIS_DATABASES = 16  # Of the server of the tests.


def pytest_xdist_auto_num_workers(config):
    """Start two processes for each core with `--numprocesses=auto`, because many tests wait for servers.

    `--numprocesses=logical` starts one for each core.
    """
    if config.option.numprocesses == "auto":
        return min(2 * (os.cpu_count() or 1), REDIS_DATABASES)
    return None


def pytest_configure(config):
    hypothesis.settings.register_profile("no deadline", deadline=None)  # Machines are shared.
    hypothesis.settings.load_profile("no deadline")
    if "POSTGRES_HOST" not in os.environ:
        sys.exit("These tests need PostgreSQL and Valkey: run `make test` (ARGS='tests/…' for some of them).")
    from django.conf import settings

    # Give each worker its own Redis database, because the fixture `_stage` empties it before each test.
    cache = settings.CACHES["default"]
    cache["LOCATION"] = re.sub(r"db=\d+", f"db={WORKER % REDIS_DATABASES}", cache["LOCATION"])
    # WhiteNoise serves static files from here. The tests do not run collectstatic.
    settings.STATIC_ROOT = Path(__file__).parent.parent / "services/web/chats/static"
    # Find static files when they are requested. Otherwise each client reads them all at its first request.
    settings.WHITENOISE_AUTOREFRESH = True
    # A template that uses a variable which its page does not provide fails its test.
    settings.TEMPLATES[0]["OPTIONS"]["undefined"] = jinja2.StrictUndefined
    _watch_for_n_plus_one(settings)
    empty_tables.install()
    LiveServerThread.server_class = OneThreadServer


def _watch_for_n_plus_one(settings):
    """Make zeal raise an error when one query is repeated for each row. Only the tests load zeal."""
    # pytest-django has already set up Django, so INSTALLED_APPS would no longer load this app.
    AppConfig.create("zeal").ready()
    # Count each request separately, because two requests of one test may make the same query.
    settings.MIDDLEWARE = ["zeal.middleware.zeal_middleware", *settings.MIDDLEWARE]
    settings.ZEAL_CHECK_UNUSED_IGNORES = True


@pytest.fixture(autouse=True)
def n_plus_one():
    """Fail a test if it, or a request in it, repeats one query for each row."""
    with zeal_context():
        yield


@pytest.fixture(autouse=True)
def _stage(settings):
    """Empty the cache, and serve static files without a manifest, because only collectstatic makes one."""
    from django.core.cache import cache

    from accounts import sessions
    from caching.generations import pending_invalidations
    from live.events import pending_events

    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    # Tests send more requests than people. The tests of the limits set their own.
    settings.MEMBER_LIMITS = dict.fromkeys(settings.MEMBER_LIMITS, 0)
    while (
        pending_invalidations.any() or pending_events.any() or sessions.pending_copies.any()
    ):  # A test without Redis may leave some.
        time.sleep(0.05)
    cache.clear()


@pytest.fixture(autouse=True)
def exceeded_budgets():
    """Fail a test if a view exceeds its query budget. A test that exceeds one on purpose clears this list."""
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
    """Create a user by name.

    The password is unusable, because hashing one takes longer than most tests.
    """
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
    """One message from alice to bob."""
    from messaging.models import Message

    return Message.objects.create(sender=alice, receiver=bob, content="Good morning, Bob")


@pytest.fixture
def write(db):
    """Create one message, as a page does."""
    from messaging.models import Message

    def send(sender, receiver, content="Hello", **fields):
        return Message.objects.create(sender=sender, receiver=receiver, content=content, **fields)

    return send


@pytest.fixture
def write_many(db):
    """Create `count` messages in one statement. With `parent_message` they are replies to it."""
    from messaging.models import Message

    def send(sender, receiver, count, content="Hello", **fields):
        return Message.objects.bulk_create(
            Message(sender=sender, receiver=receiver, content=f"{content} {number}", **fields)
            for number in range(count)
        )

    return send


@pytest.fixture
def browser_of():
    """Return a function that returns a client in which the given user is logged in.

    It creates the session alone, in a quarter of the time of `force_login()`, which replaces an empty session
    and sends the signals of a log-in.
    """
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.test import Client

    from accounts.sessions import SessionStore

    def log_in(user):
        client, session = Client(), SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "accounts.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        with zeal_context():  # Count the queries separately, as for a request.
            session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    return log_in
