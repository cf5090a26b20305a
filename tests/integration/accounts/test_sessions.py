"""A log-out is final.

Neither a value that Redis still holds nor one that a slower request stores there revives the session.
"""

import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from zeal import zeal_context

from accounts.models import Session
from accounts.sessions import COPY_SECONDS, SessionStore, pending_copies

pytestmark = pytest.mark.django_db(transaction=True)


def _key(browser):
    return browser.cookies["sessionid"].value


def _is_logged_in(session_key):
    with zeal_context():  # Count the queries separately, as for a request.
        return SESSION_KEY in SessionStore(session_key)


def test_rotation_of_the_secret_key_keeps_the_session_and_its_key(browser_of, alice, settings):
    browser = browser_of(alice)
    key = _key(browser)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 64, [settings.SECRET_KEY]
    cache.clear()

    assert browser.get("/chats/").status_code == 200
    assert _key(browser) == key
    assert _is_logged_in(key)


def test_a_session_is_read_from_redis(browser_of, alice, django_assert_num_queries):
    key = _key(browser_of(alice))

    with django_assert_num_queries(0):
        assert _is_logged_in(key)


def test_loss_of_redis_logs_no_member_out(browser_of, alice):
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
    assert _is_logged_in(key)  # This request began before the log-out.

    assert not Session.objects.filter(pk=key).exists()
    assert not _is_logged_in(key)


def test_log_out_during_a_redis_outage_is_final_after_it(browser_of, alice, monkeypatch):
    browser = browser_of(alice)
    key = _key(browser)
    with monkeypatch.context() as away:
        away.setattr("caching.backend.RedisCache._call", lambda *a, **k: (None, "bypass"))
        browser.post("/accounts/logout/")
        assert pending_copies.any()
        assert not _is_logged_in(key)

    while pending_copies.any():
        time.sleep(0.05)
    assert not _is_logged_in(key)


def test_value_stored_during_a_redis_outage_replaces_the_older_one(browser_of, alice, monkeypatch):
    store = SessionStore(_key(browser_of(alice)))
    with monkeypatch.context() as away:
        away.setattr("caching.backend.RedisCache._call", lambda *a, **k: (None, "bypass"))
        store["theme"] = "dark"
        store.save()
        assert pending_copies.any()

    while pending_copies.any():
        time.sleep(0.05)
    with zeal_context():
        assert SessionStore(store.session_key)["theme"] == "dark"


def test_an_ended_session_has_no_row(browser_of, alice):
    browser = browser_of(alice)
    key = _key(browser)
    browser.post("/accounts/logout/")

    assert not Session.objects.filter(pk=key).exists()
    assert not SessionStore(key).load()
