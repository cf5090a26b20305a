"""A page sends only to the user for whom it was made, even if the name now belongs to another account."""

import json
import re
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from messaging.importing.importer import Importer
from messaging.models import Message
from messaging.sending import send


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the composer of a page."""
    form = page[page.index('class="compose') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.fixture
def opened(browser_of, alice, bob, write):
    """Return the client of alice and the form of her conversation with bob. Each has sent one message."""
    write(bob, alice)
    write(alice, bob)
    client = browser_of(alice)
    return client, fields(client.get("/chats/with/bob/?at=1").content.decode()) | {
        "content": "a secret for bob"
    }


def rename(user, name):
    user.username = name
    user.save(update_fields=["username"])


def deactivate(user, is_active=False):
    user.is_active = is_active
    user.save(update_fields=["is_active"])


def test_conversation_form_of_an_erased_member_delivers_nothing(opened, bob):
    client, form = opened
    bob.delete()
    response = client.post("/chats/new/", form)

    assert response.status_code == 422
    assert "“bob” is no longer here" in response.content.decode()
    assert "a secret for bob" in response.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize("how", ["erased", "renamed"])
@pytest.mark.parametrize("has_written", [False, True])
def test_conversation_form_after_another_took_the_name_delivers_nothing(
    opened, alice, bob, member, write, how, has_written
):
    client, form = opened
    bob.delete() if how == "erased" else rename(bob, "robert")
    another = member("bob")
    if has_written:
        write(another, alice)
    before = Message.objects.count()
    response = client.post("/chats/new/", form)

    assert response.status_code == 422
    said = "no longer here" if how == "erased" else "“bob” is now called “robert”"
    assert said in response.content.decode()
    assert Message.objects.count() == before


def test_form_of_an_erased_member_does_not_address_the_next_owner_of_the_name(opened, bob, member):
    client, form = opened
    bob.delete()
    member("bob")
    again = client.post("/chats/new/", form).content.decode()
    shown = fields(again) | {"to": re.search(r'id="id_to"', again) and "", "content": "a secret for bob"}

    assert "conversation" not in shown
    assert 'value="bob"' not in again.split("<datalist")[0]
    assert client.post("/chats/new/", shown).status_code == 422
    assert not Message.objects.exists()


def test_form_sent_again_after_a_rename_is_delivered_to_the_renamed_member(opened, bob):
    client, form = opened
    rename(bob, "robert")
    again = client.post("/chats/new/", form).content.decode()
    name = re.search(r'name="to" value="([^"]*)"', again)[1]
    response = client.post("/chats/new/", form | {"to": name})

    assert name == "robert"
    assert response.status_code == 302
    assert Message.objects.latest("pk").receiver_id == bob.pk


@pytest.mark.parametrize("made_up", ["999999999", "0", "-1", "x", str(2**63), "1e3"])
def test_form_with_a_made_up_conversation_delivers_nothing(opened, made_up):
    client, form = opened
    before = Message.objects.count()

    assert client.post("/chats/new/", form | {"conversation": made_up}).status_code == 422
    assert Message.objects.count() == before


def test_conversation_of_other_people_gets_the_same_response_as_a_missing_one(opened, bob, charlie, write):
    client, form = opened
    foreign = write(bob, charlie).conversation_id
    pages = [client.post("/chats/new/", form | {"conversation": pk}) for pk in (foreign, 999_999_999)]
    reported = [re.findall(r'role="alert">\s*<p>(.*?)</p>', page.content.decode()) for page in pages]

    assert reported[0] == reported[1]
    assert "no longer here" in reported[0][0]


def test_typed_name_addresses_its_present_owner(browser_of, alice, bob, member):
    bob.delete()
    another = member("bob")

    assert browser_of(alice).post("/chats/new/", {"to": "bob", "content": "x"}).status_code == 302
    assert Message.objects.get().receiver == another


def test_reply_form_after_a_rename_is_refused_once(browser_of, message, alice, bob):
    address = f"/chats/message/{message.pk}/reply/"
    rename(bob, "robert")
    response = browser_of(alice).post(address, {"to": "bob", "content": "kept"})

    assert response.status_code == 422
    assert "is now called “robert”" in response.content.decode()
    assert fields(response.content.decode())["to"] == "robert"
    assert browser_of(alice).post(address, {"to": "robert", "content": "kept"}).status_code == 302


@pytest.mark.parametrize("way", ["new", "conversation", "reply"])
def test_deactivated_member_cannot_be_written_to_until_active_again(opened, bob, way):
    client, form = opened
    pk = Message.objects.latest("pk").pk
    deactivate(bob)
    address = f"/chats/message/{pk}/reply/" if way == "reply" else "/chats/new/"
    sent = form if way == "conversation" else {"to": "bob", "content": "a secret for bob"}
    response = client.post(address, sent)

    assert response.status_code == 422
    said = (
        "cannot receive messages: this account is deactivated" if way == "new" else "nobody can write to it"
    )
    assert said in response.content.decode()
    assert "a secret for bob" in response.content.decode()
    assert Message.objects.count() == 2
    deactivate(bob, True)
    assert client.post(address, sent).status_code == 302


@pytest.mark.parametrize(
    "page", ["/chats/with/bob/?at=1", "/chats/thread/{}/?at=1", "/chats/message/{}/reply/"]
)
def test_page_of_a_deactivated_member_says_so_and_has_no_composer(opened, bob, page):
    client, _ = opened
    address = page.format(Message.objects.latest("pk").thread)
    deactivate(bob)
    shown = client.get(address).content.decode()

    assert "account is deactivated: nobody can write to them" in shown
    assert "<textarea" not in shown
    deactivate(bob, True)
    assert "<textarea" in client.get(address).content.decode()


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("how", ["create", "bulk"])
def test_message_to_a_deactivated_member_is_refused_by_the_model(alice, bob, write, known, how):
    if known:
        write(alice, bob)
    deactivate(bob)
    with pytest.raises(ValidationError) as refused:
        if how == "create":
            Message.objects.create(sender=alice, receiver=bob, content="x")
        else:
            Message.objects.bulk_create([Message(sender=alice, receiver=bob, content="x")])

    assert refused.value.code == "inactive"
    assert Message.objects.count() == known


def test_import_reports_lines_to_a_deactivated_member_and_imports_the_others(alice, bob):
    deactivate(bob)
    record = {"timestamp": "2026-01-01T00:00:00Z", "content": "x", "parent": None}
    lines = [
        record | {"id": 1, "sender": "alice", "receiver": "bob"},
        record | {"id": 2, "sender": "bob", "receiver": "alice", "parent": 1},
        record | {"id": 3, "sender": "bob", "receiver": "alice"},
    ]
    reported = {}
    importer = Importer(report=reported.__setitem__)
    importer.add([(number, json.dumps(line).encode()) for number, line in enumerate(lines, 1)])

    assert "deactivated" in reported[1]
    assert "its parent, on line 1, was skipped" in reported[2]
    assert (importer.counts.added, importer.counts.skipped, importer.counts.already_there) == (1, 2, 0)


def test_edit_of_a_message_to_a_deactivated_member_stays_possible(browser_of, message, alice, bob):
    deactivate(bob)

    assert browser_of(alice).post(f"/chats/message/{message.pk}/edit/", {"content": "x"}).status_code == 302


def test_repeated_send_after_a_deactivation_is_the_first_message(opened, bob):
    client, form = opened
    first = client.post("/chats/new/", form).url
    deactivate(bob)
    form = {"content": form["content"], "client_id": form["client_id"]}
    again = send(
        Message(
            sender=User.objects.get(username="alice"),
            receiver=bob,
            content=form["content"],
            client_id=UUID(form["client_id"]),
        )
    )
    assert first.endswith(f"/{again.pk}/")
