"""Each active member has a conversation page for every other one, also before the first message."""

import re

import pytest

from messaging.models import Message
from tests.integration.chats.test_addressing import deactivate, fields, rename

BEGINNING = "This is the beginning of your conversation with"


def _main(response) -> str:
    return response.content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("name", ["bob", "BOB", "ｂｏｂ"])
def test_conversation_before_the_first_message_has_a_composer(browser_of, alice, bob, name):
    response = browser_of(alice).get(f"/chats/with/{name}/")

    assert response.status_code == 200
    assert f"{BEGINNING} <bdi>bob</bdi>." in _main(response)
    assert 'class="compose composer"' in _main(response)


def test_first_message_is_sent_by_the_form_of_the_empty_conversation(browser_of, alice, bob):
    client = browser_of(alice)
    form = fields(client.get("/chats/with/bob/").content.decode()) | {"content": "Hello"}
    response = client.post("/chats/new/", form, follow=True)

    sent = Message.objects.get()
    assert (sent.sender, sent.receiver, sent.content) == (alice, bob, "Hello")
    assert response.redirect_chain[-1][0] == f"/chats/with/bob/?at={sent.pk}#m{sent.pk}"


def test_form_of_an_empty_conversation_does_not_send_to_a_new_owner_of_the_name(
    browser_of, alice, bob, member
):
    client = browser_of(alice)
    form = fields(client.get("/chats/with/bob/").content.decode()) | {"content": "a secret"}
    rename(bob, "robert")
    member("bob")

    assert client.post("/chats/new/", form).status_code == 422
    assert not Message.objects.exists()


def test_conversation_whose_messages_were_deleted_is_empty_and_sends(browser_of, message, alice, bob):
    conversation = message.conversation_id
    message.delete()
    client = browser_of(alice)
    for address in ("/chats/with/bob/", f"/chats/conversation/{conversation}/", "/chats/with/bob/?from=1"):
        page = client.get(address)
        assert (page.status_code, BEGINNING in _main(page)) == (200, True)
        form = fields(page.content.decode())
        assert (form["conversation"], form["to"]) == (str(conversation), "bob")

    assert client.post("/chats/new/", form | {"content": "again"}).status_code == 302
    deactivate(bob)
    Message.objects.get().delete()
    assert "nobody can write to them" in _main(client.get("/chats/with/bob/"))


@pytest.mark.parametrize("how", ["missing", "deactivated", "erased", "renamed"])
def test_name_that_no_active_member_has_returns_the_404_of_an_unknown_name(browser_of, alice, bob, how):
    if how == "deactivated":
        deactivate(bob)
    elif how == "erased":
        bob.delete()
    elif how == "renamed":
        rename(bob, "robert")
    client = browser_of(alice)
    unknown = client.get("/chats/with/unknown/")
    found = client.get(f"/chats/with/{'bobby' if how == 'missing' else 'bob'}/")

    assert (found.status_code, found.content) == (404, unknown.content)


def test_empty_conversation_is_not_stored(browser_of, alice, bob):
    client = browser_of(alice)
    client.cookies["script"] = "yes"
    client.get("/chats/new/")
    for _ in range(2):
        assert "X-Cache" not in client.get("/chats/with/bob/").headers
    deactivate(bob)

    assert client.get("/chats/with/bob/").status_code == 404


def test_empty_conversation_makes_few_queries(browser_of, alice, bob, count_queries):
    assert count_queries(browser_of(alice).get, "/chats/with/bob/") == 4


@pytest.mark.parametrize("to", ["bob", "BOB", "%20bob%20"])
def test_new_message_to_a_counterpart_opens_the_conversation(browser_of, message, alice, to):
    assert browser_of(alice).get(f"/chats/new/?to={to}").url == "/chats/with/bob/"


def test_new_message_to_a_deactivated_counterpart_or_an_old_name_opens_the_conversation(
    browser_of, message, alice, bob, member, write
):
    deactivate(bob)
    old = write(member(".."), alice)
    client = browser_of(alice)

    assert client.get("/chats/new/?to=bob").url == "/chats/with/bob/"
    assert client.get("/chats/new/?to=..").url == f"/chats/conversation/{old.conversation_id}/"


@pytest.mark.parametrize("to", ["", "bob", "unknown", "alice", "%00"])
def test_new_message_without_a_conversation_stays_the_form(browser_of, alice, bob, to):
    page = browser_of(alice).get(f"/chats/new/?to={to}")

    assert page.status_code == 200
    assert re.search(r'<input [^>]*name="to"', page.content.decode())
