"""Who has logged out stays so, whatever Redis still holds or somebody slower stores there."""

import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from zeal import zeal_context

from accounts.models import Session
from accounts.sessions import COPY_SECONDS, SessionStore, debts

pytestmark = pytest.mark.django_db(transaction=True)


def _key(browser):
    return browser.cookies["sessionid"].value


def _is_logged_in(session_key):
    with zeal_context():  # As if in a request of its own.
        return SESSION_KEY in SessionStore(session_key)


def test_a_session_is_read_from_redis(browser_of, alice, django_assert_num_queries):
    key = _key(browser_of(alice))

    with django_assert_num_queries(0):
        assert _is_logged_in(key)


def test_losing_redis_logs_nobody_out(browser_of, alice):
    browser = browser_of(alice)
    cache.clear()

    assert browser.get("/chats/").status_code == 200


def test_a_copy_lasts_no_longer_than_some_minutes(browser_of, alice):
    key = _key(browser_of(alice))
    assert 0 < cache.ttl(f"session:{key}") <= COPY_SECONDS

    cache.clear()
    assert _is_logged_in(key)
    assert 0 < cache.ttl(f"session:{key}") <= COPY_SECONDS


def test_a_request_that_is_slower_than_a_log_out_does_not_undo_it(browser_of, alice, monkeypatch):
    browser = browser_of(alice)
    key = _key(browser)
    cache.clear()
    read = SessionStore._get_session_from_db

    def read_then_wait(store):
        session = read(store)
        monkeypatch.undo()
        browser.post("/accounts/logout/")
        return session

    monkeypatch.setattr(SessionStore, "_get_session_from_db", read_then_wait)
    assert _is_logged_in(key)  # It began before.

    assert not Session.objects.filter(pk=key).exists()
    assert not _is_logged_in(key)


def test_a_log_out_while_redis_is_away_counts_when_it_is_back(browser_of, alice, monkeypatch):
    browser = browser_of(alice)
    key = _key(browser)
    with monkeypatch.context() as away:
        away.setattr("observability.cache.RedisCache._ask", lambda *a, **k: (None, "bypass"))
        browser.post("/accounts/logout/")
        assert debts.any()
        assert not _is_logged_in(key)

    while debts.any():
        time.sleep(0.05)
    assert not _is_logged_in(key)


def test_what_was_stored_while_redis_was_away_is_not_what_it_held_before(browser_of, alice, monkeypatch):
    store = SessionStore(_key(browser_of(alice)))
    with monkeypatch.context() as away:
        away.setattr("observability.cache.RedisCache._ask", lambda *a, **k: (None, "bypass"))
        store["theme"] = "dark"
        store.save()
        assert debts.any()

    while debts.any():
        time.sleep(0.05)
    with zeal_context():
        assert SessionStore(store.session_key)["theme"] == "dark"


def test_an_ended_session_has_no_row(browser_of, alice):
    browser = browser_of(alice)
    key = _key(browser)
    browser.post("/accounts/logout/")

    assert not Session.objects.filter(pk=key).exists()
    assert not SessionStore(key).load()
