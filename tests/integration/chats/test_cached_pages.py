"""A cached page is only ever its owner's, and never older than the last commit.

Django's own `cache_page` fails the first of these in either decorator order: it keys by address, and the
session's cookie is not yet in `Vary` when it stores the page.
"""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from messaging.models import Message
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
CACHED = ["/chats/", "/chats/unread/"]


def _get(client, page="/chats/"):
    response = client.get(page)
    return response.content.decode(), response.headers.get("X-Cache") == "hit"


def test_one_members_page_is_never_shown_to_another(browser_of, message, alice, bob, charlie):
    """Two members, a stranger and a visitor, in every order that a cached page could leak through."""
    people = {user: browser_of(user) for user in (alice, bob, charlie)}
    for _ in range(2):
        for user, client in people.items():
            page, _hit = _get(client)
            assert (f'data-counterpart="{bob}"' in page) == (user == alice)
            assert (f'data-counterpart="{alice}"' in page) == (user == bob)
            assert f">{user.username}</a>" in page
        assert Client().get("/chats/").status_code == 302


@pytest.mark.parametrize("page", CACHED)
def test_the_second_look_comes_from_the_cache(browser_of, message, bob, page):
    client = browser_of(bob)

    assert [_get(client, page)[1] for _ in range(2)] == [False, True]


def test_it_is_private_and_asks_again(browser_of, alice):
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
def test_the_next_look_after_a_change_shows_it(browser_of, message, change, who):
    client = browser_of(getattr(message, who))
    assert [_get(client)[1] for _ in range(2)] == [False, True]

    CHANGES[change](message)

    page, hit = _get(client)
    assert "CHANGED" in page
    assert not hit


def test_reading_is_seen_at_once(browser_of, message, bob):
    client = browser_of(bob)
    assert "unread-count" in _get(client)[0]

    message.mark_read()

    assert "unread-count" not in _get(client)[0]
    assert "Good morning" not in _get(client, "/chats/unread/")[0]


def test_a_notification_marked_read_leaves_the_badge(browser_of, message, bob):
    client = browser_of(bob)
    assert 'data-badge="notifications"' in _get(client)[0]

    Notification.objects.mark_read(bob)

    assert 'data-badge="notifications"' not in _get(client)[0]


def test_a_deleted_message_and_an_erased_counterpart_leave_the_page(browser_of, message, alice, bob):
    client = browser_of(bob)
    other = Message.objects.create(sender=alice, receiver=bob, content="second")
    assert "second" in _get(client)[0]

    other.delete()
    assert "Good morning" in _get(client)[0]

    alice.delete()
    assert "alice" not in _get(client)[0]


def test_a_change_that_is_rolled_back_forgets_nothing(browser_of, message, alice):
    client = browser_of(alice)
    _get(client)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        CHANGES["send"](message)
        raise ZeroDivisionError

    assert _get(client)[1]


@pytest.mark.parametrize(
    ("module", "step"), [("chats.views.reading", "render"), ("chats.cached_pages", "_store")]
)
def test_a_slow_reader_leaves_no_stale_page(
    browser_of, message, bob, monkeypatch, module, step, exceeded_budgets
):
    """A change is committed after the reader has read the database, before it renders or stores its page."""
    client, go_on = browser_of(bob), getattr(import_module(module), step)

    def change_first(*args):
        monkeypatch.setattr(f"{module}.{step}", go_on)
        CHANGES["send"](message)
        return go_on(*args)

    monkeypatch.setattr(f"{module}.{step}", change_first)
    assert "CHANGED" not in _get(client)[0]

    assert "CHANGED" in _get(client)[0]
    exceeded_budgets.clear()  # The change was made inside the reader's request.


def test_a_lost_epoch_brings_no_old_page_back(browser_of, message, bob):
    client = browser_of(bob)
    _get(client)
    with connection.cursor() as cursor:  # Past every receiver: only the lost epochs can tell.
        cursor.execute("UPDATE messaging_message SET content = 'CHANGED'")
    assert "CHANGED" not in _get(client)[0]

    for key in cache.keys("epoch:*"):
        cache.delete(key)

    assert "CHANGED" in _get(client)[0]


def test_a_reader_between_change_and_commit_leaves_no_stale_page(browser_of, message, bob):
    client = browser_of(bob)

    def look():
        try:
            return _get(client)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as reader, transaction.atomic():
        CHANGES["send"](message)
        assert "CHANGED" not in reader.submit(look).result()

    assert "CHANGED" in _get(client)[0]


def test_a_flash_is_shown_once_and_not_stored(browser_of, alice):
    client = browser_of(alice)
    alice.set_password("a-long-enough-1")
    alice.save()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    new = {
        "old_password": "a-long-enough-1",
        "new_password1": "b-long-enough-2",
        "new_password2": "b-long-enough-2",
    }
    assert [_get(client)[1] for _ in range(2)] == [False, True]
    client.post("/accounts/password/", new)

    assert "Your password is changed" in _get(client)[0]
    assert "Your password is changed" not in _get(client)[0]


def test_a_stored_page_holds_no_token_of_a_session(browser_of, message, bob):
    client = browser_of(bob)
    for page in CACHED:
        _get(client, page)
        assert "csrfmiddlewaretoken" not in _get(client, page)[0]


def test_a_page_with_a_form_would_not_be_stored(rf, alice, settings):
    from django.contrib.messages.storage.fallback import FallbackStorage
    from django.http import HttpResponse
    from django.middleware.csrf import get_token

    from chats.cached_pages import private_cache_page

    view = private_cache_page(60)(lambda request: HttpResponse(get_token(request)))
    for _ in range(2):
        request = rf.get("/form/")
        request.user, request.session = alice, {}
        request._messages = FallbackStorage(request)
        assert "X-Cache" not in view(request).headers
