"""Access to every page and every object.

The two people of a message see it, an outsider gets 404, and an anonymous visitor the log-in page.
"""

from contextlib import suppress

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from messaging.models import Message
from notifications.models import Notification
from observability.budgets import views

# Pages without an object, then pages of one message, then addresses that other tests cover.
OWN = ["chats:inbox", "chats:unread", "chats:threads", "chats:new", "chats:people", "notifications:list",
       "labs:cache_test",
       "chats:search", "chats:find", "chats:state", "chats:counterpart",
       "accounts:account", "accounts:change_password", "accounts:delete_user_account",
       "accounts:time_zone"]  # fmt: skip
OF_A_MESSAGE = [
    "chats:thread",
    "chats:message",
    "chats:history",
    "chats:reply",
    "chats:edit",
]
OTHERS = {"chats:conversation", "chats:conversation_by_id", "notifications:read_one",
          "notifications:read_all",
          "labs:query_lab", "chats:mark_unread", "chats:seen",
          "accounts:sign_up", "accounts:login", "accounts:logout", "accounts:language", "accounts:recover",
          "home", "help", "events"}  # fmt: skip
# Pages that need no log-in.
PUBLIC = {
    "accounts:sign_up", "accounts:login", "accounts:logout", "accounts:language", "accounts:recover", "home",
    "help", "events",
}  # fmt: skip
PAGES = [name for name, _ in views() if not name.startswith("admin:")]
# The parameters of addresses, each with a value.
SAMPLES = [{}, {"pk": 1}, {"username": "bob"}, {"pk": 1, "token": "x-1"}]


def _address(name):
    for sample in SAMPLES:
        with suppress(NoReverseMatch):
            return reverse(name, kwargs=sample)
    raise AssertionError(f"{name}: add its parameter with a value to SAMPLES in {__file__}")


def test_every_address_is_in_one_of_these_tests():
    missing = set(PAGES) - {*OWN, *OF_A_MESSAGE, *OTHERS}
    assert not missing, f"add to OWN, OF_A_MESSAGE or OTHERS in {__file__}: {missing}"
    assert {*OWN, *OF_A_MESSAGE, *OTHERS} <= set(PAGES)


@pytest.mark.parametrize("name", OWN)
def test_a_member_sees_pages_of_their_own(browser_of, alice, name):
    assert browser_of(alice).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", sorted(set(PAGES) - PUBLIC))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_sent_to_the_login(db, name, method):
    address = _address(name)
    response = getattr(Client(raise_request_exception=False), method)(address)

    login = f"/accounts/login/?next={address}"
    assert response.status_code == 405 or response.headers.get("Location") == login, (
        f"{name} answers {response.status_code}: add @member_view to it, or add its name to PUBLIC"
    )


@pytest.mark.parametrize("name", OF_A_MESSAGE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_message_is_for_its_two_people(browser_of, message, alice, bob, charlie, name, method):
    page = reverse(name, args=[message.pk])

    assert getattr(browser_of(alice), method)(page).status_code in {200, 302, 405, 422}
    assert getattr(browser_of(charlie), method)(page).status_code in {404, 405}
    assert browser_of(charlie).get(page).status_code == 404
    assert Client().get(page).url == f"/accounts/login/?next={page}"
    expected = 404 if name == "chats:edit" else 200
    assert browser_of(bob).get(page, follow=True).status_code == expected


@pytest.mark.parametrize("name", OF_A_MESSAGE)
def test_hidden_and_missing_messages_return_the_same_404(browser_of, message, charlie, name):
    stranger = browser_of(charlie)
    hidden, missing = (stranger.get(reverse(name, args=[pk])) for pk in (message.pk, 10**9))

    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)


def test_a_stranger_cannot_open_the_conversation(browser_of, message, alice, charlie):
    assert browser_of(alice).get("/chats/with/bob/").status_code == 302
    # charlie has no conversation with bob yet, so his is empty.
    assert message.content not in browser_of(charlie).get("/chats/with/bob/").content.decode()
    assert browser_of(charlie).get(f"/chats/conversation/{message.conversation_id}/").status_code == 404
    assert browser_of(charlie).get("/chats/with/nobody/").status_code == 404


def test_a_stranger_cannot_write_into_the_thread(browser_of, message, charlie):
    stranger = browser_of(charlie)

    assert stranger.post(f"/chats/message/{message.pk}/reply/", {"content": "hi"}).status_code == 404
    assert stranger.post(f"/chats/message/{message.pk}/edit/", {"content": "hi"}).status_code == 404
    assert Message.objects.get().content == "Good morning, Bob"


def test_the_receiver_cannot_edit(browser_of, message, bob):
    response = browser_of(bob).post(f"/chats/message/{message.pk}/edit/", {"content": "hi"})

    assert response.status_code == 404
    assert Message.objects.get().content == "Good morning, Bob"


def test_message_of_others_cannot_be_marked_as_seen(browser_of, message, bob, charlie):
    browser_of(charlie).post("/chats/seen/", {"ids": str(message.pk)})
    assert not Message.objects.get().read

    browser_of(bob).post("/chats/seen/", {"ids": str(message.pk)})
    assert Message.objects.get().read


def test_notification_of_another_member_cannot_be_marked(browser_of, message, bob, charlie):
    page = reverse("notifications:read_one", args=[message.pk])

    assert browser_of(charlie).post(page).status_code == 404
    assert not Notification.objects.get().read
    assert browser_of(bob).post(page).status_code == 302
    assert Notification.objects.get().read


@pytest.mark.parametrize(
    "address",
    [
        "/chats/?before=x",
        "/chats/?before=-1",
        "/chats/?before=99999999999999999999",
        "/chats/unread/?before=0",
        "/chats/notifications/?before=",
        "/chats/thread/99999999999999999999/",
        "/chats/with/%00/",
    ],
)
def test_a_made_up_address_is_not_found(browser_of, alice, address):
    assert browser_of(alice).get(address).status_code == 404
