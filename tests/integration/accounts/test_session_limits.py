"""Sessions are extended while they are used, up to an absolute limit.

The extension delays no response.
"""

from datetime import timedelta
from importlib import import_module

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore
from accounts.sliding import SlidingSessionMiddleware
from live.queries import member_of

DAY = timedelta(days=1)


@pytest.fixture
def aged(browser_of, alice):
    """Create a client whose session was renewed and started the given numbers of days ago."""

    def make(renewed: float, begun: float | None = None) -> Client:
        browser, now = browser_of(alice), timezone.now()
        Session.objects.filter(pk=_key(browser)).update(
            expire_date=now + timedelta(days=14 - renewed),
            started_at=now - timedelta(days=renewed if begun is None else begun),
        )
        cache.clear()
        return browser

    return make


def _key(browser) -> str:
    return browser.cookies["sessionid"].value


def _days_left(browser) -> float:
    return (Session.objects.get(pk=_key(browser)).expire_date - timezone.now()) / DAY


@pytest.mark.parametrize(("renewed", "left"), [(0.5, 13.5), (0.99, 13.01), (1.01, 14), (5, 14), (13.9, 14)])
def test_session_in_use_is_renewed_at_most_once_a_day(aged, renewed, left):
    browser = aged(renewed)
    response = browser.get("/chats/")

    assert _days_left(browser) == pytest.approx(left, abs=0.01)
    assert ("sessionid" in response.cookies) is (renewed > 1)
    assert renewed < 1 or response.cookies["sessionid"]["max-age"] == pytest.approx(14 * 86400, abs=60)


@pytest.mark.parametrize(("renewed", "begun"), [(14.01, 14.01), (20, 30), (2, 90.01), (0, 400)])
def test_session_beyond_a_limit_has_ended(aged, renewed, begun):
    browser = aged(renewed, begun)

    assert browser.get("/chats/").url == "/accounts/login/?next=/chats/"
    assert member_of(_key(browser))[0] is None  # `events` applies the same limits.


@pytest.mark.parametrize("begun", [76.5, 80, 89.9])
def test_renewal_ends_at_the_absolute_limit(aged, begun):
    browser = aged(5, begun)
    response = browser.get("/chats/")

    assert _days_left(browser) == pytest.approx(max(90 - begun, 9) if begun < 81 else 90 - begun, abs=0.01)
    if "sessionid" in response.cookies:
        assert response.cookies["sessionid"]["max-age"] == pytest.approx((90 - begun) * 86400, abs=60)


def test_renewal_is_saved_after_the_response(aged, rf, django_assert_num_queries):
    request = rf.get("/chats/")
    request.session = SessionStore(_key(aged(3)))
    request.session.load()
    assert "_auth_user_id" in request.session
    response = HttpResponse()
    with django_assert_num_queries(0):
        SlidingSessionMiddleware(lambda request: response).process_response(request, response)
    assert "sessionid" in response.cookies

    with django_assert_num_queries(1):
        response.close()  # A server closes the response after sending it.


def test_cached_page_renews_without_storing_the_cookie(aged, browser_of, alice, django_assert_num_queries):
    browser = aged(3)
    browser_of(alice).get("/chats/")  # This stores the page in the cache.
    with django_assert_num_queries(3):  # The session, the user, and the UPDATE after the response.
        first = browser.get("/chats/")
    with django_assert_num_queries(1):  # One for the user.
        second = browser.get("/chats/")

    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("hit", "hit")
    assert ("sessionid" in first.cookies, "sessionid" in second.cookies) == (True, False)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-mode": "cors"},
        {"sec-fetch-mode": "same-origin"},
        {"sec-fetch-mode": "navigate", "sec-purpose": "prefetch;prerender"},
        {"sec-fetch-mode": "navigate", "sec-purpose": "prerender"},
        {"sec-fetch-mode": "navigate", "sec-purpose": "Prefetch"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"x-purpose": "preview"},
    ],
)
def test_background_request_of_an_open_tab_does_not_renew(aged, headers):
    browser = aged(3)

    assert "sessionid" not in browser.get("/chats/", headers=headers).cookies
    assert "sessionid" in browser.get("/chats/", headers={"sec-fetch-mode": "navigate"}).cookies


def test_form_sent_by_a_script_renews(aged):
    response = aged(3).post("/chats/notifications/read/", headers={"sec-fetch-mode": "cors"})

    assert "sessionid" in response.cookies


def test_renewal_does_not_revive_a_session_that_has_ended(aged):
    browser = aged(3)
    store = SessionStore(_key(browser))
    assert store.take_renewal()
    browser.post("/accounts/logout/")
    store.renew()

    assert not Session.objects.filter(pk=store.session_key).exists()
    assert member_of(store.session_key)[0] is None


def test_renewal_does_not_revive_a_session_that_ended_by_time(aged):
    store = SessionStore(_key(aged(3)))
    assert store.take_renewal()
    ended = timezone.now() - DAY / 100
    Session.objects.update(expire_date=ended)
    store.renew()

    assert Session.objects.get().expire_date == ended


def test_each_session_of_a_member_is_renewed(aged):
    phone, laptop = aged(3), aged(3)

    assert all("sessionid" in browser.get("/chats/").cookies for browser in (phone, laptop, aged(3)))


def _answered(key, rf, load=True, status=200, changes=False):
    """Return the response that the middleware returns for a response with this status."""
    request = rf.get("/chats/")
    request.session = SessionStore(key)
    if load:
        assert "_auth_user_id" in request.session
    request.session.modified = changes
    return SlidingSessionMiddleware(lambda _: None).process_response(request, HttpResponse(status=status))


@pytest.mark.parametrize("status", [500, 503])
def test_error_response_renews_nothing(aged, rf, status):
    assert not _answered(_key(aged(3)), rf, status=status).cookies


def test_response_without_use_of_the_session_renews_nothing(aged, rf, django_assert_num_queries):
    key = _key(aged(3))
    with django_assert_num_queries(0):
        assert not _answered(key, rf, load=False).cookies


@pytest.mark.parametrize(("secure", "name"), [(True, "__Host-sessionid"), (False, "sessionid")])
def test_renewed_cookie_has_the_attributes_of_the_log_in_cookie(aged, rf, settings, secure, name):
    key = _key(aged(3))
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = secure
    settings.SESSION_COOKIE_NAME = name
    renewed, saved = (_answered(key, rf, changes=changes).cookies[name] for changes in (False, True))

    same = ("httponly", "secure", "samesite", "path", "domain")
    assert [renewed[field] for field in same] == [saved[field] for field in same]
    assert (renewed["httponly"], renewed["secure"] is True, renewed["samesite"]) == (True, secure, "Lax")


def test_renewal_that_the_database_refuses_is_logged_and_raises_nothing(aged, caplog):
    store = SessionStore(_key(aged(3)))
    assert store.take_renewal()
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    store.renew()

    assert "could not be renewed" in caplog.text


def test_session_is_renewed_while_redis_is_away(aged, rf, monkeypatch):
    key = _key(aged(3))
    monkeypatch.setattr("caching.backend.RedisCache._call", lambda *a, **k: (None, "bypass"))

    assert "sessionid" in _answered(key, rf).cookies


@pytest.mark.parametrize("end", ["cycle_key", "flush"])
def test_log_in_starts_a_new_session_with_the_full_lifetime(db, end):
    store = SessionStore()
    store["seen"] = "as a visitor"
    store.started_at = (timezone.now() - 80 * DAY).timestamp()
    store.save()
    getattr(store, end)()
    store["_auth_user_id"] = "1"

    assert store.get_expiry_age() == pytest.approx(14 * 86400, abs=60)


@pytest.mark.parametrize("copies_are_there", [True, False])
def test_lower_absolute_limit_counts_for_sessions_that_exist(aged, settings, copies_are_there):
    browser = aged(2, 40)
    browser.get("/chats/")
    settings.SESSION_ABSOLUTE_SECONDS = 30 * 86400
    if not copies_are_there:
        cache.clear()

    assert browser.get("/chats/").status_code == 302


def test_lower_idle_limit_counts_from_the_next_use(aged, settings):
    browser = aged(0)
    settings.SESSION_COOKIE_AGE = 3 * 86400
    browser.get("/chats/")

    assert _days_left(browser) == pytest.approx(3, abs=0.01)


def test_new_password_keeps_the_absolute_limit_and_a_log_in_restarts_it(member):
    anna = member("anna")
    anna.set_password("warp-and-weft-7")
    anna.save()
    browser = Client()
    form = {"username": "anna", "password": "warp-and-weft-7"}
    browser.post("/accounts/login/", form)
    Session.objects.update(started_at=timezone.now() - 80 * DAY)
    cache.clear()
    new = {"old_password": form["password"], "new_password1": "heddle-and-reed-8"}
    browser.post("/accounts/password/", new | {"new_password2": "heddle-and-reed-8"})
    assert (timezone.now() - Session.objects.get(pk=_key(browser)).started_at) / DAY == pytest.approx(
        80, abs=0.1
    )
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", form | {"password": "heddle-and-reed-8"})

    assert (timezone.now() - Session.objects.get(pk=_key(browser)).started_at) / DAY == pytest.approx(
        0, abs=0.1
    )


def test_clearsessions_deletes_exactly_the_expired_sessions(aged):
    ended, absolute, good = aged(15), aged(0, 89.99), aged(13)
    Session.objects.filter(pk=_key(absolute)).update(expire_date=timezone.now() - DAY / 100)
    call_command("clearsessions")

    assert list(Session.objects.values_list("pk", flat=True)) == [_key(good)]
    assert ended.get("/chats/").status_code == 302


def test_row_of_a_release_without_limits_counts_from_its_creation(db, alice):
    Session.objects.create(
        session_key="k" * 32, session_data="", expire_date=timezone.now() + DAY, user=alice
    )

    assert (timezone.now() - Session.objects.get().started_at) / DAY == pytest.approx(0, abs=0.1)


def test_migration_counts_existing_sessions_from_their_last_update(aged, alice):
    browser = aged(3, 0)  # The migration that adds the column fills it with the present time.
    fill = import_module("accounts.migrations.0006_fill_session_started_at").fill
    for _ in range(2):
        fill(None, connection.schema_editor())

    age = timezone.now() - Session.objects.get(pk=_key(browser)).started_at
    assert age / DAY == pytest.approx(3, abs=0.01)


def test_cached_copy_of_another_shape_is_ignored(browser_of, alice):
    browser = browser_of(alice)
    cache.set(f"session:{_key(browser)}", {"_auth_user_id": "1"}, 60)

    assert f'data-member="{alice.pk}"' in browser.get("/accounts/").content.decode()
