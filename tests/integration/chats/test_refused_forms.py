"""Forms can be sent again after a refusal or a lost response, and scripts learn which form was accepted."""

import re
import uuid
from importlib import import_module

import pytest
from django.test import Client
from django.urls import reverse

from messaging.models import Message
from notifications.models import Notification

MINIMAL = {"HTTP_PREFER": "return=minimal"}
PASSWORD = "a-long-enough-password-1"


def _id_on(response) -> str:
    return re.search(r'name="client_id" value="([^"]+)"', response.content.decode())[1]


@pytest.mark.parametrize("address", ["/chats/new/", "/chats/message/{}/reply/"])
def test_a_form_refused_for_its_used_id_carries_a_fresh_one_and_is_delivered_once(
    browser_of, message, alice, bob, address
):
    client, address = browser_of(bob), address.format(message.pk)
    form = {"to": "alice", "content": "first", "client_id": uuid.uuid4()}
    client.post(address, form)
    refused = client.post(address, form | {"content": "second"})
    fresh = form | {"content": "second", "client_id": _id_on(refused)}
    assert (refused.status_code, _id_on(refused) != str(form["client_id"])) == (409, True)

    assert client.post(address, fresh).url == client.post(address, fresh).url
    assert Message.objects.filter(content="second").count() == 1


def test_form_whose_id_belongs_to_a_message_to_another_member_is_delivered_once(
    browser_of, alice, bob, charlie
):
    client, form = browser_of(alice), {"to": "bob", "content": "x", "client_id": uuid.uuid4()}
    client.post("/chats/new/", form)
    refused = client.post("/chats/new/", form | {"to": "charlie"})
    client.post("/chats/new/", form | {"to": "charlie", "client_id": _id_on(refused)})

    assert sorted(Message.objects.values_list("receiver__username", flat=True)) == ["bob", "charlie"]


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({"to": "charlie"}, "to another member"),
        ({"to": "charlie", "content": "y"}, "to another member"),
        ({"content": "y"}, "with another text"),
    ],
)
def test_refusal_of_a_used_id_names_the_difference(browser_of, alice, bob, charlie, change, how):
    client, form = browser_of(alice), {"to": "bob", "content": "x", "client_id": uuid.uuid4()}
    client.post("/chats/new/", form)

    assert (
        f"This was sent before {how}. Send it again"
        in client.post("/chats/new/", form | change).content.decode()
    )


def test_form_whose_id_belongs_to_another_reply_is_delivered_once(browser_of, message, alice, write):
    client, form = browser_of(alice), {"content": "x", "client_id": uuid.uuid4()}
    other = write(message.receiver, alice)
    client.post(f"/chats/message/{message.pk}/reply/", form)
    refused = client.post(f"/chats/message/{other.pk}/reply/", form)
    client.post(f"/chats/message/{other.pk}/reply/", form | {"client_id": _id_on(refused)})

    assert refused.status_code == 409
    assert "This was sent before in another place. Send it again" in refused.content.decode()
    parents = Message.objects.filter(content="x").values_list("parent_message_id", flat=True)
    assert sorted(parents) == sorted([message.pk, other.pk])


def test_a_form_that_is_refused_again_and_again_carries_another_id_each_time(browser_of, alice, bob):
    client, form = browser_of(alice), {"to": "bob", "content": "0", "client_id": uuid.uuid4()}
    client.post("/chats/new/", form)
    ids = [str(form["client_id"])]
    for number in range(1, 4):
        # The response to the form after the refusal is lost as well, and the text is changed again.
        client.post("/chats/new/", form | {"content": f"{number}", "client_id": ids[-1]})
        refused = client.post("/chats/new/", form | {"content": f"{number} changed", "client_id": ids[-1]})
        assert refused.status_code == 409
        ids.append(_id_on(refused))
        client.post("/chats/new/", form | {"content": f"{number} changed", "client_id": ids[-1]})

    assert len(set(ids)) == len(ids)
    assert sorted(Message.objects.values_list("content", flat=True)) == [
        "0", "1 changed", "2 changed", "3 changed",
    ]  # fmt: skip


@pytest.mark.parametrize("damaged", ["x", "1234", "{}", "a" * 5_000, "00000000-0000-0000-0000-00000000000g"])
def test_a_form_with_a_damaged_id_says_so_and_carries_a_fresh_one(browser_of, alice, bob, damaged):
    refused = browser_of(alice).post("/chats/new/", {"to": "bob", "content": "x", "client_id": damaged})

    assert refused.status_code == 422
    assert "send it again" in refused.content.decode()
    assert uuid.UUID(_id_on(refused))


@pytest.mark.parametrize("address", ["/chats/new/", "/chats/message/{}/reply/", "/chats/message/{}/edit/"])
def test_a_script_learns_which_form_was_accepted(browser_of, message, alice, bob, address):
    client_id = str(uuid.uuid4())
    form = {"to": "bob", "content": "accepted", "client_id": client_id}
    response = browser_of(alice).post(address.format(message.pk), form, **MINIMAL)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["X-Accepted"] == client_id
    assert response.headers["Location"].startswith("/chats/")
    assert Message.objects.filter(content="accepted").count() == 1


@pytest.mark.parametrize("content", ["", "   ", "x" * 10_001])
def test_no_other_response_has_the_accepted_header(browser_of, message, alice, content):
    form = {"to": "bob", "content": content, "client_id": uuid.uuid4()}
    for client in (browser_of(alice), Client()):
        for address in ("/chats/new/", f"/chats/message/{message.pk}/edit/", "/chats/message/987654/reply/"):
            assert "X-Accepted" not in client.post(address, form, **MINIMAL).headers


def test_a_suggested_name_fills_the_field_keeps_the_text_and_sends_nothing(browser_of, alice, bob):
    form = {"to": "bo", "content": "<not yet> finished", "client_id": uuid.uuid4(), "fill": "bob"}
    response = browser_of(alice).post("/chats/new/", form)
    page = response.content.decode()

    assert response.status_code == 200
    assert re.search(r'name="to" value="bob"', page)
    assert "&lt;not yet&gt; finished" in page
    assert not Message.objects.exists()


def test_suggestion_is_no_button_that_sends_the_form(browser_of, alice, bob, member):
    member("bonnie")
    page = browser_of(alice).post("/chats/new/", {"to": "bo", "content": "x"}).content.decode()

    assert re.findall(r'<button [^>]*name="fill" value="(\w+)"', page) == ["bob", "bonnie"]
    assert not re.search(r"<button [^>]*name=.to", page)
    # The Enter key in a field activates the first button of the form.
    assert page.index('<button type="submit" hidden>') < page.index('name="fill"')


@pytest.mark.parametrize("mark", ["\u200e", "\u202b", "\u2068", "\ufeff", "\u200b", "\u00ad"], ids=ascii)
@pytest.mark.parametrize("typed", ["{}bob", "bob{}", "{}BO"])
def test_name_with_invisible_characters_suggests_the_name_without_them(browser_of, alice, bob, typed, mark):
    client, name = browser_of(alice), typed.format(mark)
    refused = client.post("/chats/new/", {"to": name, "content": "x"})

    assert refused.status_code == 422
    assert "The name contains characters that cannot be seen" in refused.content.decode()
    assert 'name="fill" value="bob"' in refused.content.decode()
    assert 'value="bob"' in client.get("/chats/people/", {"to": name}).content.decode()
    assert not Message.objects.exists()


@pytest.fixture
def form_addresses(message, bob):
    """Return the addresses that accept only a form.

    The values are texts that a user sees there after a log-in.
    """
    notification = Notification.objects.get(user=bob)
    return {
        "/chats/notifications/read/": "Notifications",
        f"/chats/notifications/{notification.message_id}/read/": "Good morning, Bob",
        f"/chats/message/{message.pk}/unread/": "Good morning, Bob",
    }


def test_a_form_sent_without_a_session_leads_to_a_page_after_the_log_in(browser_of, form_addresses, bob):
    for address, says in form_addresses.items():
        assert Client().post(address).url == f"/accounts/login/?next={address}"
        page = browser_of(bob).get(address, follow=True)

        assert (page.status_code, says in page.content.decode()) == (200, True), address


@pytest.fixture
def every_address(message):
    """Return all addresses of the pages of users, with a value for each parameter."""
    values = {"pk": message.pk, "username": "alice", "token": "x-1"}
    patterns = {
        f"{app}:": import_module(f"{app}.urls").urlpatterns
        for app in ("chats", "labs", "notifications", "accounts")
    }
    return [
        reverse(space + one.name, kwargs={name: values[name] for name in one.pattern.converters})
        for space, ones in patterns.items() for one in ones
    ]  # fmt: skip


def test_log_in_after_a_send_without_a_session_leads_to_a_page_from_every_address(
    every_address, message, bob
):
    bob.set_password(PASSWORD)
    bob.save()
    led = {}
    for address in every_address:
        visitor = Client()
        answer = visitor.post(address)
        if answer.status_code == 302 and "next=" in answer.url:
            page = visitor.post(answer.url, {"username": "bob", "password": PASSWORD}, follow=True)
            led[address] = page.status_code, 'aria-label="Main"' in page.content.decode()

    assert len(led) == 11
    assert {said for said in led.values() if said != (200, True)} == {(404, True)}
    # bob may not edit this message.
    assert [address for address, (status, _) in led.items() if status == 404] == [
        f"/chats/message/{message.pk}/edit/"
    ]


@pytest.mark.parametrize("method", ["get", "head"])
def test_get_of_a_form_address_changes_nothing(browser_of, form_addresses, bob, method):
    for address in form_addresses:
        getattr(browser_of(bob), method)(address)

    assert Notification.objects.filter(user=bob, read=False).count() == 1
    assert Message.objects.filter(read=False).count() == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_get_of_the_address_that_marks_unread_leaves_a_read_message_read(browser_of, message, bob, method):
    Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=message.pk)
    getattr(browser_of(bob), method)(f"/chats/message/{message.pk}/unread/")

    assert Message.objects.get().read
