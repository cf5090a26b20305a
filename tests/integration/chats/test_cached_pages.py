"""A cached page is shown only to its owner, and is never older than the last commit.

Django's `cache_page` cannot guarantee the first in either order of the decorators. Its key is the address,
and `Vary` does not yet contain the session cookie when it stores the page.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django_redis import get_redis_connection

from caching import private_pages
from caching.private_pages import TOKEN as PLACEHOLDER
from caching.private_pages import private_cache_page, read_ahead
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
CACHED = ["/chats/", "/chats/unread/", "/chats/threads/"]


def _prepare(request, user):
    """Give the request what the middleware gives it."""
    request.user, request.session = user, {}
    request._messages = FallbackStorage(request)
    read_ahead(request, user.pk)


def _get(client, page="/chats/"):
    response = client.get(page)
    return response.content.decode(), response.headers.get("X-Cache") == "hit"


def test_one_members_page_is_never_shown_to_another(browser_of, message, alice, bob, charlie):
    """Request the page as both people, an outsider and an anonymous visitor, twice each."""
    people = {user: browser_of(user) for user in (alice, bob, charlie)}
    for _ in range(2):
        for user, client in people.items():
            page, _hit = _get(client)
            assert (f'data-counterpart="{bob}"' in page) == (user == alice)
            assert (f'data-counterpart="{alice}"' in page) == (user == bob)
            assert f"<bdi>{user.username}</bdi></p>" in page
        assert Client().get("/chats/").status_code == 302


@pytest.mark.parametrize("page", CACHED)
def test_second_request_is_served_from_the_cache(browser_of, message, bob, page):
    client = browser_of(bob)

    assert [_get(client, page)[1] for _ in range(2)] == [False, True]


def test_cached_page_is_private_and_must_be_revalidated(browser_of, alice):
    for _ in range(2):
        headers = browser_of(alice).get("/chats/").headers
        assert headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in headers["Vary"]


CHANGES = {
    "send": lambda m: Message.objects.create(sender=m.sender, receiver=m.receiver, content="CHANGED"),
    "reply": lambda m: Message.objects.create(
        sender=m.receiver, receiver=m.sender, content="CHANGED", parent_message=m
    ),
    "edit": lambda m: m.edit("CHANGED", by=m.sender),
    "bulk": lambda m: Message.objects.bulk_create(
        [Message(sender=m.sender, receiver=m.receiver, content="CHANGED")]
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_first_request_after_a_change_shows_it(browser_of, message, change, who):
    client = browser_of(getattr(message, who))
    assert [_get(client)[1] for _ in range(2)] == [False, True]

    CHANGES[change](message)

    page, hit = _get(client)
    assert "CHANGED" in page
    assert not hit


def test_reading_a_message_invalidates_cached_pages(browser_of, message, bob):
    client = browser_of(bob)
    assert "unread-count" in _get(client)[0]

    message.mark_read()

    assert "unread-count" not in _get(client)[0]
    assert "Good morning" not in _get(client, "/chats/unread/")[0]


def test_a_notification_marked_read_leaves_the_badge(browser_of, message, bob):
    client = browser_of(bob)
    assert 'data-badge="notifications"' in _get(client)[0]

    Message.objects.mark_all_read(bob)

    assert 'data-badge="notifications"' not in _get(client)[0]


def test_a_deleted_message_and_an_erased_counterpart_leave_the_page(browser_of, message, alice, bob):
    client = browser_of(bob)
    other = Message.objects.create(sender=alice, receiver=bob, content="second")
    assert "second" in _get(client)[0]

    other.delete()
    assert "Good morning" in _get(client)[0]

    alice.delete()
    assert "alice" not in _get(client)[0]


def test_a_change_that_is_rolled_back_invalidates_nothing(browser_of, message, alice):
    client = browser_of(alice)
    _get(client)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        CHANGES["send"](message)
        raise ZeroDivisionError

    assert _get(client)[1]


@pytest.mark.parametrize(
    ("module", "step"), [("chats.views.reading", "render"), ("caching.private_pages", "store_page")]
)
def test_slow_reader_stores_no_stale_page(
    browser_of, message, bob, monkeypatch, module, step, exceeded_budgets
):
    """Commit a change after the reader has read the database, but before it renders or stores the page."""
    client, go_on = browser_of(bob), getattr(import_module(module), step)

    def change_first(*args):
        monkeypatch.setattr(f"{module}.{step}", go_on)
        CHANGES["send"](message)
        return go_on(*args)

    monkeypatch.setattr(f"{module}.{step}", change_first)
    assert "CHANGED" not in _get(client)[0]

    assert "CHANGED" in _get(client)[0]
    exceeded_budgets.clear()  # The queries of the change were counted in the request of the reader.


def test_lost_generation_key_revives_no_old_page(browser_of, message, bob):
    client = browser_of(bob)
    _get(client)
    # This runs no receiver, so only the loss of the keys can invalidate the page.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_message SET content = 'CHANGED'")
    assert "CHANGED" not in _get(client)[0]

    for key in cache.keys("generation:*"):
        cache.delete(key)

    assert "CHANGED" in _get(client)[0]


def test_a_reader_between_change_and_commit_leaves_no_stale_page(browser_of, message, bob):
    client = browser_of(bob)

    def load():
        try:
            return _get(client)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as reader, transaction.atomic():
        CHANGES["send"](message)
        assert "CHANGED" not in reader.submit(load).result()

    assert "CHANGED" in _get(client)[0]


def test_a_flash_is_shown_once_and_not_stored(browser_of, alice):
    client = browser_of(alice)
    alice.set_password("a-long-enough-1")
    alice.save()
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    new = {
        "old_password": "a-long-enough-1",
        "new_password1": "b-long-enough-2",
        "new_password2": "b-long-enough-2",
    }
    assert [_get(client)[1] for _ in range(2)] == [False, True]
    client.post("/accounts/password/", new)

    assert "Your password is changed" in _get(client)[0]
    assert "Your password is changed" not in _get(client)[0]


def test_a_page_with_a_form_would_not_be_stored(rf, alice, settings):
    view = private_cache_page(60)(lambda request: HttpResponse(get_token(request)))
    for _ in range(2):
        request = rf.get("/form/")
        _prepare(request, alice)
        assert "X-Cache" not in view(request).headers


# --- Forms, tokens, 304 ----------------------------------------------------------------------------
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]*)"')


@pytest.fixture
def strict_browser_of(browser_of):
    """Return a client that enforces the CSRF check."""

    def log_in(user):
        client = browser_of(user)
        client.handler.enforce_csrf_checks = True
        return client

    return log_in


def _notifications(client):
    response = client.get("/chats/notifications/")
    return response, TOKEN.findall(response.content.decode())


def test_a_form_on_a_cached_page_works_in_two_browsers_of_one_member(strict_browser_of, message, bob):
    browsers = [strict_browser_of(bob), strict_browser_of(bob)]
    for client in browsers:
        _notifications(client)
    for client, answer in zip(browsers, (302, 302), strict=True):
        response, tokens = _notifications(client)
        assert response.headers["X-Cache"] == "hit"
        assert len(set(tokens)) == 1
        posted = client.post("/chats/notifications/read/", {"csrfmiddlewaretoken": tokens[0]})
        assert posted.status_code == answer
        Message.objects.create(sender=message.sender, receiver=bob, content="one more")
        _notifications(client)


def test_a_form_without_the_token_of_the_browser_is_refused(strict_browser_of, message, alice, bob):
    other = strict_browser_of(alice)
    other.get("/chats/new/")
    stranger = other.cookies["csrftoken"].value
    client = strict_browser_of(bob)
    _notifications(client)

    for token in ("", "<token>", stranger):
        posted = client.post("/chats/notifications/read/", {"csrfmiddlewaretoken": token})
        assert posted.status_code == 403


def test_redis_holds_no_token_of_a_browser(strict_browser_of, message, bob):
    client = strict_browser_of(bob)
    _, tokens = _notifications(client)
    secret = client.cookies["csrftoken"].value
    stored = b"".join(
        get_redis_connection("default").mget(cache.make_key(key) for key in cache.keys("page:*"))
    )

    assert PLACEHOLDER.encode() in stored
    for text in (*tokens, secret, client.cookies["sessionid"].value):
        assert text.encode() not in stored


@pytest.mark.parametrize("page", [*CACHED, "/chats/notifications/"])
def test_unchanged_page_gets_304(browser_of, message, bob, page):
    client = browser_of(bob)
    if page == "/chats/notifications/":
        client.get(page)  # The first response sets the CSRF cookie.
    tag = client.get(page).headers["ETag"]
    for _ in range(2):
        again = client.get(page, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"] == "private, no-cache"

    CHANGES["send"](message)
    assert client.get(page, headers={"If-None-Match": tag}).status_code == 200


def test_another_member_never_gets_304_for_a_page_of_the_first(browser_of, message, alice, bob):
    tag = browser_of(bob).get("/chats/").headers["ETag"]

    assert browser_of(alice).get("/chats/", headers={"If-None-Match": tag}).status_code == 200
    assert Client().get("/chats/", headers={"If-None-Match": tag}).status_code == 302


def test_page_with_forms_after_another_log_in_is_sent_again(strict_browser_of, message, bob):
    client = strict_browser_of(bob)
    _notifications(client)
    tag = _notifications(client)[0].headers["ETag"]
    del client.cookies["csrftoken"]  # Logging in gives the browser another CSRF secret.

    response = client.get("/chats/notifications/", headers={"If-None-Match": tag})
    assert response.status_code == 200
    token = TOKEN.findall(response.content.decode())[0]
    assert client.post("/chats/notifications/read/", {"csrfmiddlewaretoken": token}).status_code == 302


def test_page_with_a_flash_has_no_etag(browser_of, alice, rf):
    client = browser_of(alice)
    tag = client.get("/chats/").headers["ETag"]
    view = private_cache_page(60)(lambda request: HttpResponse(*map(str, get_messages(request))))
    request = rf.get("/", headers={"If-None-Match": tag})
    _prepare(request, alice)
    request._messages.add(20, "Saved")

    response = view(request)
    assert (response.status_code, response.content) == (200, b"Saved")
    assert "ETag" not in response.headers


@pytest.mark.parametrize("inside", [True, False])
def test_decorators_work_in_either_order(browser_of, rf, alice, bob, inside):
    """`private_cache_page` shows a page to its owner only, in both orders.

    Django's `cache_page` shows the page of one user to the next in both orders.
    """

    def view(request):
        return HttpResponse(f"for {request.user.username}")

    both = (
        login_required(private_cache_page(60)(view))
        if inside
        else private_cache_page(60)(login_required(view))
    )
    for user in (alice, bob, AnonymousUser(), alice, bob, AnonymousUser()):
        request = rf.get("/page/")
        _prepare(request, user)
        response = both(request)
        if user.is_authenticated:
            assert response.content.decode() == f"for {user.username}"
        else:
            assert response.status_code == 302


def test_visitors_share_one_cached_page(rf, alice):
    seen = []

    @private_cache_page(60)
    def view(request):
        seen.append(request.user)
        return HttpResponse("about")

    for user in (AnonymousUser(), AnonymousUser(), alice, AnonymousUser()):
        request = rf.get("/about/")
        _prepare(request, user)
        assert view(request).content == b"about"

    assert seen == [AnonymousUser(), alice]


@pytest.mark.parametrize(
    "varies", [{"path": "/?page=2"}, {"HTTP_HOST": "localhost"}, {"HTTP_ACCEPT_LANGUAGE": "de"}]
)
def test_key_of_a_page_contains_everything_that_it_varies_on(rf, alice, varies):
    made = []

    @private_cache_page(60)
    def view(request):
        made.append(request)
        return HttpResponse("page")

    for what in ({}, varies, {}, varies):
        what = dict(what)
        request = rf.get(what.pop("path", "/"), **what)
        _prepare(request, alice)
        view(request)

    assert len(made) == 2


@pytest.mark.parametrize(("limit", "most", "stored"), [("MOST_PAGES", 3, 3), ("MOST_BYTES", 1_000, 0)])
def test_one_member_cannot_fill_redis_with_pages(browser_of, message, bob, monkeypatch, limit, most, stored):
    monkeypatch.setattr(private_pages, limit, most)
    client = browser_of(bob)
    for number in range(6):
        assert client.get(f"/chats/?{number}").status_code == 200

    assert len(cache.keys("page:*")) == stored


# --- Values ---------------------------------------------------------------------------------------
def test_badges_on_pages_that_are_not_cached_are_never_stale(browser_of, message, alice, bob):
    client, badge = browser_of(bob), re.compile(r'data-badge="unread">(\d+)<')
    address = "/accounts/"
    for waiting in (1, 2, 3):
        assert badge.findall(client.get(address).content.decode()) == [str(waiting)]
        assert badge.findall(client.get(address).content.decode()) == [str(waiting)]
        CHANGES["send"](message)


def test_suggestions_come_from_the_cache_and_never_name_an_erased_member(
    browser_of, member, alice, count_queries
):
    bea = member("bea")
    member("bert")
    client = browser_of(alice)
    client.get("/chats/people/?to=be")
    assert count_queries(client.get, "/chats/people/?to=BE") == 1
    assert "bea" in _get(client, "/chats/people/?to=be")[0]

    bea.delete()
    page = _get(client, "/chats/people/?to=be")[0]
    assert "bert" in page
    assert "bea" not in page


def test_a_renamed_member_is_renamed_on_every_cached_page(browser_of, message, alice, bob):
    client = browser_of(bob)
    _get(client)
    alice.username = "alicia"
    alice.save()

    assert 'data-counterpart="alicia"' in _get(client)[0]
