"""Pages with a password and the administration are never stored.

Browsers store other pages and revalidate them.
"""

import pytest
from django.test import Client

STORED = [
    "/chats/", "/chats/unread/", "/chats/notifications/", "/chats/with/bob/?at=1",
    "/chats/thread/{}/?at=1",
    "/chats/message/{}/history/", "/chats/message/{}/edit/", "/chats/message/{}/reply/",
    "/chats/search/?q=morning", "/chats/new/", "/chats/people/?to=b", "/chats/find/?q=b", "/chats/state/",
    "/accounts/",
]  # fmt: skip
NEVER_STORED = ["/accounts/password/", "/accounts/delete/", "/chats/cache-test/"]
OF_STAFF = ["", "messaging/message/", "messaging/message/{}/change/", "accounts/user/", "admin/logentry/"]


def _control(client, address) -> set[str]:
    response = client.get(address)
    assert response.status_code == 200
    return set(response.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize("address", STORED)
def test_private_page_is_stored_by_its_browser_alone_and_requested_again(browser_of, message, alice, address):
    assert _control(browser_of(alice), address.format(message.pk)) == {"private", "no-cache"}


@pytest.mark.parametrize("address", NEVER_STORED)
def test_page_with_a_password_or_a_measurement_is_not_stored(browser_of, alice, address):
    assert {"no-store", "private"} <= _control(browser_of(alice), address)


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/admin/login/", "/healthz"])
def test_page_for_visitors_with_a_password_is_not_stored(db, address):
    assert "no-store" in _control(Client(), address)


@pytest.mark.parametrize("page", OF_STAFF)
def test_administration_is_not_stored(browser_of, member, message, page):
    root = browser_of(member("root", is_staff=True, is_superuser=True))

    assert "no-store" in _control(root, f"/admin/{page.format(message.pk)}")


@pytest.mark.parametrize("form", [{"old_password": "x"}, {"password": "x"}])
def test_refused_password_form_is_not_stored(browser_of, alice, form):
    address = "/accounts/password/" if "old_password" in form else "/accounts/delete/"
    response = browser_of(alice).post(address, form)

    assert "no-store" in response.headers["Cache-Control"]
