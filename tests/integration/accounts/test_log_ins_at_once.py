"""Passwords that are sent at the same time count each other."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from axes.models import AccessFailureLog
from django.db import connections
from django.test import Client

from accounts.login_throttling import CLIENT_LIMIT
from accounts.models import User
from caching.memory import NoMemoryError
from tests.support.harmed_valkey import until

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 12
PASSWORD = "a-long-enough-1"


@pytest.fixture
def anna(member):
    anna = member("Anna")
    anna.set_password(PASSWORD)
    anna.save()
    return anna


@pytest.fixture
def checked(monkeypatch):
    """Return the passwords that were checked, and an event. No check ends before the event is set."""
    passwords, release = [], threading.Event()
    check = User.check_password

    def slow(user, password):
        passwords.append(password)
        release.wait(20)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", slow)
    return passwords, release


def log_in(password, address="203.0.113.10"):
    try:
        client = Client(REMOTE_ADDR=address)
        return client.post("/accounts/login/", {"username": "Anna", "password": password}).status_code
    finally:
        connections.close_all()


def log_in_at_once(checked, addresses):
    passwords, release = checked
    with ThreadPoolExecutor(len(addresses)) as pool:
        calls = [pool.submit(log_in, f"wrong-{n}", address) for n, address in enumerate(addresses)]
        until(lambda: len(passwords) + sum(call.done() for call in calls) >= len(calls))
        release.set()
    return [call.result() for call in calls]


def test_passwords_of_one_client_at_once_are_checked_up_to_the_limit(anna, checked):
    answers = log_in_at_once(checked, ["203.0.113.10"] * AT_ONCE)

    assert len(checked[0]) == AccessFailureLog.objects.count() == CLIENT_LIMIT
    assert answers.count(429) >= AT_ONCE - CLIENT_LIMIT
    AccessFailureLog.objects.all().delete()
    assert log_in(PASSWORD) == 302


def test_passwords_of_other_clients_at_once_do_not_count(anna, checked):
    answers = log_in_at_once(checked, [f"203.0.113.{n}" for n in range(AT_ONCE)])

    assert (len(checked[0]), answers) == (AT_ONCE, [200] * AT_ONCE)


def test_checks_that_failed_with_an_error_do_not_count(anna, monkeypatch):
    with monkeypatch.context() as busy:
        busy.setattr(User, "check_password", lambda *args: (_ for _ in ()).throw(NoMemoryError))
        assert [log_in(PASSWORD) for _ in range(CLIENT_LIMIT + 1)] == [503] * (CLIENT_LIMIT + 1)
    assert log_in(PASSWORD) == 302
