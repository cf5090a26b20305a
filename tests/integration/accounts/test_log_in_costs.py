"""Query counts of log-in, sign-up, log-out and change of password.

They stay within the budget, however many attempts failed before.
"""

import datetime

import pytest
from axes.models import AccessFailureLog
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.utils import timezone

from accounts.recovery import recovery_link
from observability.budgets import declared

PASSWORD = "a-long-enough-1"
BROWSER = {"REMOTE_ADDR": "192.0.2.1"}
ANNAS = {"username": "anna", "ip_address": BROWSER["REMOTE_ADDR"]}
OTHERS = {"username": "somebody", "ip_address": "192.0.2.9"}


@pytest.fixture
def anna(member):
    return member("Anna")


@pytest.fixture
def ended(anna, browser_of):
    """A browser whose session ended with a new password. The hash of anna is older than Argon2."""
    browser = browser_of(anna)
    anna.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
    anna.save()
    return browser


def attempt(count, *, days_ago, username, ip_address):
    """Record `count` failed attempts.

    The first comes from `ip_address`, and each of the others from a different address.
    """
    addresses = [ip_address, *(f"10.0.{number >> 8}.{number & 255}" for number in range(1, count))]
    made = AccessFailureLog.objects.bulk_create(
        AccessFailureLog(username=username, ip_address=address) for address in addresses
    )
    then = timezone.now() - datetime.timedelta(days=days_ago)
    AccessFailureLog.objects.filter(pk__in=[failure.pk for failure in made]).update(attempt_time=then)


def log_in(browser, password=PASSWORD):
    return browser.post("/accounts/login/", {"username": "Anna", "password": password}, **BROWSER)


def test_most_expensive_log_in_makes_the_queries_of_its_budget(ended, count_queries):
    attempt(1, days_ago=1, **OTHERS)
    attempt(1, days_ago=0, **ANNAS)

    assert count_queries(log_in, ended) == declared()["accounts:login"]
    assert not AccessFailureLog.objects.exists()


def test_wrong_password_makes_half_as_many_queries(ended, count_queries):
    log_in(Client(), "wrong")

    assert count_queries(log_in, Client(), "wrong") == 5


def test_most_expensive_sign_up_makes_the_queries_of_its_budget(ended, count_queries):
    form = {"username": "dora", "password1": PASSWORD}

    assert count_queries(ended.post, "/accounts/signup/", form) == declared()["accounts:sign_up"]


def test_most_expensive_change_of_password_makes_the_queries_of_its_budget(
    ended, anna, browser_of, count_queries
):
    form = {"old_password": PASSWORD, "new_password1": "b-long-enough-1", "new_password2": "b-long-enough-1"}
    browser = browser_of(anna)

    made = count_queries(browser.post, "/accounts/password/", form)
    assert made == declared()["accounts:change_password"]


def test_most_expensive_recovery_makes_the_queries_of_its_budget(anna, bob, browser_of, count_queries):
    """In a browser in which another member is logged in."""
    browser = browser_of(bob)
    address = browser.get(recovery_link(anna)).headers["Location"]
    form = {"new_password1": "b-long-enough-1", "new_password2": "b-long-enough-1"}

    assert count_queries(browser.post, address, form) == declared()["accounts:recover"]


def test_log_out_makes_the_queries_of_its_budget(anna, browser_of, count_queries):
    assert count_queries(browser_of(anna).post, "/accounts/logout/") == declared()["accounts:logout"]


def test_failed_attempts_add_no_queries_to_any_page(ended, slopes):
    """The next log-in or log-out of any user deletes expired attempts."""

    def add(count):
        attempt(count, days_ago=1, **OTHERS)
        attempt(count, days_ago=0, username="anna", ip_address="192.0.2.7")

    pages = {
        "log-in": lambda: log_in(Client()),
        "wrong": lambda: log_in(Client(), "wrong"),
        "log-out": lambda: Client().post("/accounts/logout/"),
    }
    assert slopes(add, pages) == {}
