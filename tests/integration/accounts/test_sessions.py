"""A log-out is final.

Neither a value that Redis still holds nor one that a slower request stores there revives the session.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.db import connection
from zeal import zeal_context

from accounts.models import Session, User
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


def test_a_request_that_saves_the_session_during_a_log_out_does_not_undo_it(browser_of, alice, is_waited_for):
    browser = browser_of(alice)
    store = SessionStore(_key(browser))
    copy = store._copy

    def call(function, *args):
        with closing(connection):
            return function(*args)

    def copy_after_the_log_out(data):
        log_out = pool.submit(call, browser.post, "/accounts/logout/")
        while not log_out.done() and not pool.submit(call, is_waited_for).result():
            time.sleep(0.01)
        return copy(data)

    store["theme"] = "dark"
    store._copy = copy_after_the_log_out
    with ThreadPoolExecutor(2) as pool:
        store.save()

    assert not Session.objects.filter(pk=store.session_key).exists()
    assert not _is_logged_in(store.session_key)


def test_a_request_that_saves_a_session_after_its_log_out_is_400(browser_of, alice, monkeypatch):
    browser = browser_of(alice)
    save = SessionStore.save

    def save_after_the_log_out(store, *args):
        monkeypatch.undo()
        Session.objects.filter(pk=store.session_key).delete()
        save(store, *args)

    monkeypatch.setattr(SessionStore, "save", save_after_the_log_out)

    assert browser.post("/chats/cache-test/").status_code == 400


def deactivate(user):
    user.is_active = False
    user.save()


@pytest.mark.parametrize(
    "end",
    [deactivate, lambda user: User.objects.filter(pk=user.pk).update(is_active=False)],
    ids=["one", "bulk"],
)
def test_a_session_from_before_a_deactivation_does_not_come_back(end, browser_of, alice, bob):
    browser, other = browser_of(alice), browser_of(bob)
    end(alice)
    alice.is_active = True
    alice.save()

    assert not _is_logged_in(_key(browser))
    assert browser.get("/chats/").status_code == 302
    assert other.get("/chats/").status_code == 200


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
