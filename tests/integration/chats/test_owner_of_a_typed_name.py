"""A name on "New message" that gets another owner before the form is sent.

The message is delivered to no account until the sender confirms it.
"""

import re
from html import unescape

import pytest
from django.core import signing
from django.test import Client

from accounts.models import User
from messaging.models import Message

TEXT = "a secret for bob"


def form_of(response) -> dict[str, str]:
    """Return the values that a browser would send from the form of this page."""
    page = response.content.decode().partition('class="compose')[2]
    inputs = re.findall(r'<input [^>]*?name="(\w+)"[^>]*?>', page)
    values = {name: re.search(rf'name="{name}"[^>]*?value="([^"]*)"', page) for name in inputs}
    return {name: unescape(found[1]) if found else "" for name, found in values.items()}


def rename(user, name):
    user.username = name
    user.save(update_fields=["username"])


def send(client, form, **fields):
    return client.post("/chats/new/", form | {"content": TEXT} | fields)


def erase_and_sign_up(bob, member):
    bob.delete()
    return member("bob")


def rename_and_rename(bob, member):
    """Give the name to an account that is older than every form."""
    other = User.objects.get(username="charlie")
    for user, name in ((bob, "robert"), (other, "bob")):
        rename(user, name)
    return other


def erase_and_rename(bob, member):
    bob.delete()
    other = User.objects.get(username="charlie")
    rename(other, "Bob")
    return other


def swap(bob, member):
    """Exchange the names of two accounts that are older than every form."""
    other = User.objects.get(username="charlie")
    for user, name in ((bob, "for a moment"), (other, "bob"), (bob, "charlie")):
        rename(user, name)
    return other


def rename_in_the_administration(bob, member):
    bob.delete()
    staff = Client()
    staff.force_login(member("root", is_staff=True, is_superuser=True))
    other = User.objects.get(username="charlie")
    form = {"username": "bob", "email": "", "is_active": "on"}
    assert staff.post(f"/admin/accounts/user/{other.pk}/change/", form).status_code == 302
    return other


CHANGES = [erase_and_sign_up, rename_and_rename, erase_and_rename, swap, rename_in_the_administration]


@pytest.fixture
def hers(browser_of, alice, bob, charlie):
    return browser_of(alice)


@pytest.fixture
def is_refused_once(hers):
    """Return a function that sends a form twice.

    The first time it is refused and keeps its text. The second time it is delivered to the new owner.
    """

    def check(form, owner, **fields):
        refused = send(hers, form, **fields)
        assert refused.status_code == 422
        assert (
            f"send it again to write to “{fields.get('to', form['to']).strip()}”" in refused.content.decode()
        )
        assert TEXT in refused.content.decode()
        assert not Message.objects.filter(content=TEXT).exists()
        assert send(hers, form_of(refused)).status_code == 302
        assert Message.objects.get(content=TEXT).receiver_id == owner.pk

    return check


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("typed", ["bob", "BOB", "ｂｏｂ"])
def test_typed_name_that_changes_its_owner_after_the_form_is_refused_once(
    hers, bob, member, is_refused_once, change, typed
):
    form = form_of(hers.get("/chats/new/"))
    owner = change(bob, member)

    is_refused_once(form, owner, to=typed)


@pytest.mark.parametrize("address", ["/chats/new/", "/chats/new/?to=charlie"])
def test_typed_name_that_went_away_and_came_back_is_refused_once(hers, bob, is_refused_once, address):
    """The server does not know who had the name in between, so the sender confirms it."""
    form = form_of(hers.get(address))
    for name in ("robert", "bob"):
        rename(bob, name)

    is_refused_once(form, bob, to="bob")


def test_name_of_the_address_that_came_back_to_its_owner_is_delivered_at_once(hers, bob):
    form = form_of(hers.get("/chats/new/?to=bob"))
    for name in ("robert", "bob"):
        rename(bob, name)

    assert send(hers, form).status_code == 302
    assert Message.objects.get().receiver == bob


@pytest.mark.parametrize("change", CHANGES)
def test_typed_name_that_changed_its_owner_before_the_form_is_delivered_at_once(hers, bob, member, change):
    owner = change(bob, member)
    form = form_of(hers.get("/chats/new/"))

    assert send(hers, form, to="bob").status_code == 302
    assert Message.objects.get().receiver == owner


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("address", ["/chats/new/?to=bob", "/chats/new/?to=%20BOB"])
def test_name_of_the_address_that_changes_its_owner_is_refused_once(
    hers, bob, member, is_refused_once, change, address
):
    form = form_of(hers.get(address))
    owner = change(bob, member)

    is_refused_once(form, owner)


@pytest.mark.parametrize("change", CHANGES[:2])
@pytest.mark.parametrize(
    "before", [{"to": "bob", "content": ""}, {"to": "bob", "content": "\u200b"}, {"to": "bo", "fill": "bob"}]
)
def test_name_of_a_refused_form_that_changes_its_owner_is_refused_once(
    hers, bob, member, is_refused_once, change, before
):
    form = form_of(hers.post("/chats/new/", form_of(hers.get("/chats/new/")) | before))
    owner = change(bob, member)

    is_refused_once(form, owner)


def test_form_of_an_erased_conversation_refuses_the_next_account_of_the_name_once(
    hers, alice, bob, member, write, is_refused_once
):
    conversation = write(bob, alice).conversation_id
    bob.delete()
    form = form_of(send(hers, {"conversation": conversation, "to": "bob"}))

    is_refused_once(form, member("bob"), to="bob")


def test_owner_that_changes_again_is_refused_again(hers, bob, member):
    form = form_of(hers.get("/chats/new/?to=bob"))
    second = erase_and_sign_up(bob, member)
    form = form_of(send(hers, form))
    erase_and_sign_up(second, member)

    assert send(hers, form).status_code == 422
    assert not Message.objects.exists()


@pytest.mark.parametrize("to", ["bob", "BOB", "charlie"])
@pytest.mark.parametrize("address", ["/chats/new/", "/chats/new/?to=bob", "/chats/new/?to=nobody"])
def test_name_that_kept_its_owner_is_delivered_at_once(hers, bob, charlie, member, address, to):
    form = form_of(hers.get(address))
    member("dora")
    for spelling in ("Bob", "ＢＯＢ", "bOb"):
        rename(bob, spelling)
    User.objects.filter(pk=bob.pk).update(email="bob@example.com")

    assert send(hers, form, to=to).status_code == 302
    assert Message.objects.get().receiver.username.lower() == to.lower()


@pytest.mark.parametrize(
    "made",
    ["x", "a" * 5_000, ":", "e30:1:x", "\x00", "é", pytest.param(signing.dumps({"at": 0}), id="other salt")],
)
def test_form_with_a_damaged_token_is_refused_once(hers, bob, made):
    refused = send(hers, {"to": "bob", "made": made})

    assert refused.status_code == 422
    assert "damaged on its way" in refused.content.decode()
    assert send(hers, form_of(refused)).status_code == 302


def test_form_without_a_token_is_delivered_to_the_typed_name(hers, bob, member):
    """Pages of an earlier release, and programs, send such forms."""
    owner = erase_and_sign_up(bob, member)

    assert send(hers, {"to": "bob"}).status_code == 302
    assert Message.objects.get().receiver == owner


def test_token_of_a_form_holds_neither_id_nor_name(hers, bob):
    made = form_of(hers.get("/chats/new/?to=bob"))["made"]
    held = signing.loads(made, salt="chats.made_for")

    assert set(held) == {"at", "name", "account"}
    assert str(bob.pk) not in (held["name"], held["account"])
    assert "bob" not in held["name"]


def test_tokens_of_two_names_do_not_show_that_they_were_one_account(hers, bob):
    before = form_of(hers.get("/chats/new/?to=bob"))["made"]
    bob.username = "robert"
    bob.save()
    after = form_of(hers.get("/chats/new/?to=robert"))["made"]

    held = [set(signing.loads(made, salt="chats.made_for").values()) for made in (before, after)]
    assert not held[0] & held[1]


@pytest.mark.parametrize("name", ["bob", "BOB", "ｂｏｂ"])
def test_name_of_a_deactivated_member_says_so_and_the_form_works_for_another(hers, bob, charlie, name):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    refused = send(hers, form_of(hers.get("/chats/new/")), to=name)

    assert refused.status_code == 422
    assert f"“{name}” cannot receive messages: this account is deactivated" in refused.content.decode()
    assert send(hers, form_of(refused), to="charlie").status_code == 302
    assert Message.objects.get().receiver == charlie
