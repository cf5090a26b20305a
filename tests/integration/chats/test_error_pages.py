"""Every error response has a page, with the navigation for users who are logged in, and makes no query."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.sessions import SessionStore
from chats.views import errors

NAVIGATION = 'aria-label="Main"'
BADGE = 'class="badge"'


PAGES = [
    ("POST", "/chats/", 405),
    ("POST", "/chats/unread/", 405),
    ("POST", "/chats/notifications/", 405),
    ("POST", "/chats/search/", 405),
    ("POST", "/chats/with/alice/", 405),
    ("POST", "/chats/state/", 405),
    ("GET", "/accounts/logout/", 405),
    ("POST", "/accounts/", 405),
    ("GET", "/chats/thread/987654/", 404),
    ("GET", "/chats/with/nobody/", 404),
    ("GET", "/chats/no-such-page/", 404),
    ("GET", "/nothing/at/all", 404),
    ("GET", "/chats/?before=x", 404),
    ("POST", "/chats/new/", 403),
]


@pytest.mark.parametrize(("method", "address", "status"), PAGES)
def test_an_error_has_a_page_with_the_navigation(browser_of, bob, alice, method, address, status):
    client = Client(enforce_csrf_checks=status == 403)
    client.cookies = browser_of(bob).cookies
    response = client.generic(method, address)
    page = response.content.decode()

    assert response.status_code == status
    assert NAVIGATION in page
    assert 'href="/accounts/"' in page
    assert f'data-member="{bob.pk}"' in page
    assert "data-state" not in page  # An error page does not poll for updates.
    assert (status != 405) or response.headers["Allow"]


@pytest.mark.parametrize(("method", "address", "status"), PAGES)
def test_an_error_page_for_a_visitor_offers_the_log_in(db, method, address, status):
    response = Client(enforce_csrf_checks=True).generic(method, address)
    page = response.content.decode()

    assert response.status_code in {302, status, 403}
    assert response.status_code == 302 or "Log in" in page


def test_error_page_leads_a_member_to_the_inbox_and_a_visitor_to_the_front_page(browser_of, bob, client):
    for_member, for_visitor = (
        visitor.get("/nothing/at/all").content.decode() for visitor in (browser_of(bob), client)
    )

    assert '<a class="button" href="/chats/">To the inbox</a>' in for_member
    assert '<a class="button" href="/">To the front page</a>' in for_visitor
    assert "To the inbox" not in for_visitor


def test_a_request_that_is_too_large_has_a_page(browser_of, bob, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    response = browser_of(bob).post("/chats/new/", {f"field{number}": "x" for number in range(20)})

    assert response.status_code == 400
    assert NAVIGATION in response.content.decode()


MULTIPART = "multipart/form-data"


@pytest.mark.parametrize(
    "sent",
    [
        {"HTTP_HOST": "evil.example"},
        {"data": b"content=" + b"x" * 3_000_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b"x", "content_type": MULTIPART},
        {"data": b"x", "content_type": f"{MULTIPART}; boundary=é"},
        {"data": b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--b--\r\n',
         "content_type": f"{MULTIPART}; boundary=b"},
    ],
    ids=["another host", "3 MB", "no boundary", "another boundary", "a file"],
)  # fmt: skip
def test_request_that_is_refused_unread_has_a_page_with_the_navigation(browser_of, bob, sent):
    client = browser_of(bob)
    client.get("/chats/")
    response = client.generic("POST", "/chats/new/", **sent)

    assert (response.status_code, NAVIGATION in response.content.decode()) == (400, True)


def test_server_error_has_a_page_with_the_navigation(browser_of, bob, monkeypatch):
    client = browser_of(bob)
    client.raise_request_exception = False
    monkeypatch.setattr("chats.views.reading.INBOX", None)
    response = client.get("/chats/")

    assert response.status_code == 500
    assert NAVIGATION in response.content.decode()


@pytest.mark.parametrize(
    "page", [errors.bad_request, errors.not_found, errors.not_allowed, errors.server_error]
)
def test_an_error_page_makes_no_query(browser_of, bob, rf, django_assert_num_queries, page):
    key = browser_of(bob).cookies["sessionid"].value
    for has_copy in (True, False):
        request = rf.get("/")
        request.session = SessionStore(key)
        with django_assert_num_queries(0):
            assert (NAVIGATION in page(request).content.decode()) is has_copy
        cache.clear()  # From here on only PostgreSQL has the session.


@pytest.mark.django_db(transaction=True)  # Inside a transaction, badges are not stored.
@pytest.mark.parametrize("address", ["/chats/with/nobody/", "/nothing/at/all", "/chats/?before=x"])
def test_error_page_has_the_badges_of_the_cache(browser_of, message, bob, address):
    client = browser_of(bob)
    assert BADGE not in client.get(address).content.decode()
    client.get("/chats/")

    assert client.get(address).content.decode().count(BADGE) == 2


@pytest.mark.django_db(transaction=True)
def test_error_page_never_has_badges_from_before_a_change(browser_of, message, bob):
    client = browser_of(bob)
    client.get("/chats/")
    message.mark_read()

    assert BADGE not in client.get("/chats/with/nobody/").content.decode()
