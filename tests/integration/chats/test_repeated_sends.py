"""A send whose response was lost, repeated after the receiver was renamed or deactivated: it arrives once.

The page never says that nothing was sent while the first send has arrived.
"""

import re

import pytest

from messaging.models import Message
from tests.integration.chats.test_addressing import deactivate, fields, rename

TEXT = "a secret for bob"
PAGES = {
    "conversation": "/chats/with/bob/?at=1",
    "name of the address": "/chats/new/?to=bob",
    "typed name": "/chats/new/",
    "reply": "/chats/message/{}/reply/",
}
MINIMAL = {"Prefer": "return=minimal"}  # The header of the script.


@pytest.fixture
def change(bob, charlie, member):
    """Return a function that changes bob in one of the ways."""

    def make(how):
        if how == "deactivated":
            deactivate(bob)
            return
        rename(bob, "robert")
        if how == "replaced":
            member("bob")
        elif how == "swapped":
            rename(charlie, "bob")
            rename(bob, "charlie")

    return make


@pytest.fixture
def opened(browser_of, alice, bob, write):
    """Return a function that opens a page of alice and returns the address and the fields of its form."""

    def open_page(page):
        # With a conversation, the address of a name leads to it.
        root = 0 if page == "name of the address" else write(bob, alice).pk
        client = browser_of(alice)
        address = PAGES[page].format(root)
        form = fields(client.get(address).content.decode()) | {"content": TEXT}
        if "name" in page:
            form["to"] = "bob"
        return client, address if page == "reply" else "/chats/new/", form

    return open_page


def errors(response):
    return re.findall(r'role="alert">\s*(.*?)\s*</div>', response.content.decode(), re.S)


@pytest.mark.parametrize("headers", [{}, MINIMAL])
@pytest.mark.parametrize("how", ["deactivated", "renamed", "replaced", "swapped"])
@pytest.mark.parametrize("page", ["conversation", "name of the address", "reply"])
def test_repeated_send_after_a_change_of_the_receiver_is_the_first_message(
    opened, change, page, how, headers
):
    client, address, form = opened(page)
    first = client.post(address, form, headers=headers)
    change(how)
    again = client.post(address, form, headers=headers)

    assert (again.status_code, again["Location"]) == (first.status_code, first["Location"])
    assert again.headers.get("X-Accepted") == first.headers.get("X-Accepted")
    assert Message.objects.filter(content=TEXT).count() == 1


def test_repeated_send_to_a_typed_name_after_a_deactivation_is_the_first_message(opened, change):
    client, address, form = opened("typed name")
    first = client.post(address, form)
    change("deactivated")

    assert client.post(address, form).url == first.url


@pytest.mark.parametrize("how", ["renamed", "replaced", "swapped"])
def test_repeated_send_to_a_typed_name_with_another_owner_says_who_got_the_text(opened, change, bob, how):
    client, address, form = opened("typed name")
    client.post(address, form)
    change(how)
    again = client.post(address, form)
    bob.refresh_from_db()

    assert again.status_code == 409
    assert f"The same text was sent before to “{bob.username}”." in "".join(errors(again))
    assert len(errors(again)) == 2  # The other error names the reason.
    sent = client.post(address, form | fields(again.content.decode()))
    assert sent.status_code == (422 if how == "renamed" else 302)
    assert Message.objects.filter(content=TEXT, receiver=bob).count() == 1


@pytest.mark.parametrize("changed", [{"content": "other words"}, {"client_id": ""}, {"client_id": "x"}])
@pytest.mark.parametrize("page", PAGES)
def test_another_send_to_a_changed_receiver_is_refused(opened, change, page, changed):
    client, address, form = opened(page)
    client.post(address, form)
    change("deactivated")

    assert client.post(address, form | changed).status_code == 422
    assert Message.objects.filter(content=TEXT).count() == 1


def test_form_with_the_id_of_another_member_is_refused(opened, change, browser_of, charlie):
    client, address, form = opened("name of the address")
    client.post(address, form)
    change("deactivated")

    assert browser_of(charlie).post(address, form).status_code == 422


@pytest.mark.parametrize("page", PAGES)
def test_repeated_send_to_an_erased_member_is_refused(opened, bob, page):
    client, address, form = opened(page)
    client.post(address, form)
    bob.delete()

    assert client.post(address, form).status_code == (404 if page == "reply" else 422)
