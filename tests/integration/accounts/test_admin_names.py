"""User names in the administration.

The rules of the sign-up apply to new names. Names that were stored before these rules stay valid.
"""

from unicodedata import normalize

import pytest
from django.forms import model_to_dict
from django.test import Client

from accounts.models import User

PASSWORD = "a-long-enough-1"
REFUSED = [
    ("OLGA", "is taken"), ("ｏｌｇａ", "is taken"), ("JOSE\u0301", "is taken"), ("o1ga", "looks like"),
    ("olɡa", "looks like"), ("ОLGA", "mixes scripts"), ("..", "at least one letter"),
    ("a/b", "valid username"), ("ol\u200bga", "cannot be seen"),
]  # fmt: skip


@pytest.fixture
def people(member):
    return [member(name) for name in ("olga", "José", "TOM")]


@pytest.fixture
def rename(admin_client):
    """Submit the change form of a user in the administration, and return the error of the username."""

    def send(user, **changes):
        fields = model_to_dict(user, ["username", "email", "is_active", "is_staff", "is_superuser"])
        answer = admin_client.post(f"/admin/accounts/user/{user.pk}/change/", fields | changes)
        return "" if answer.status_code == 302 else str(answer.context["adminform"].form.errors["username"])

    return send


@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_name_that_is_refused_at_the_sign_up_is_refused_in_the_administration(
    admin_client, people, member, rename, name, said
):
    bob = member("bob")
    form = {"username": name, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    added = admin_client.post("/admin/accounts/user/add/", form)

    assert said in str(added.context["adminform"].form.errors["username"])
    assert said in rename(bob, username=name)
    bob.refresh_from_db()
    assert bob.username == "bob"


@pytest.mark.parametrize(
    ("given", "stored"), [("Olga", "Olga"), ("ｏｌｇａ", "olga"), ("O’lga", "O'lga"), ("eve", "eve")]
)
def test_member_gets_another_spelling_or_a_free_name_in_the_administration(people, rename, given, stored):
    assert rename(people[0], username=given) == ""

    assert User.objects.get(pk=people[0].pk).username == stored
    assert User.objects.named(given.upper()).filter(pk=people[0].pk).exists()


@pytest.mark.parametrize(
    "name",
    [
        "..", "a/b", "tіki", "ol\u200bga", normalize("NFD", "Zoë"), "ａｎｎ", "o1ga", "Jane Doe", "ann ",
        "\u3000ann",
    ],
)  # fmt: skip
def test_stored_name_that_breaks_the_rules_is_kept_when_another_field_changes(people, rename, name):
    [user] = User.objects.bulk_create([User(username=name)])  # As in an import, which accepts look-alikes.
    said = rename(user, email="new@b.example")

    assert said == ""
    user.refresh_from_db()
    assert (user.username, user.email) == (name, "new@b.example")


@pytest.mark.parametrize("address", ["/accounts/login/", "/admin/login/"])
@pytest.mark.parametrize("typed", ["JOSE\u0301", "ｊｏｓé", " José "])
def test_member_logs_in_by_any_spelling_also_to_the_administration(people, address, typed):
    user = people[1]
    user.is_staff = True
    user.set_password(PASSWORD)
    user.save()
    client = Client()

    assert client.post(address, {"username": typed, "password": PASSWORD}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.fixture
def long_name():
    """A name of 140 letters, and the same name in decomposed form, which has 420 characters."""
    return "ễ" * 140, normalize("NFD", "ễ" * 140)


def test_long_name_is_found_in_decomposed_letters(member, alice, browser_of, long_name):
    user = member(long_name[0])
    user.set_password(PASSWORD)
    user.save()
    client, pages = Client(), browser_of(alice)

    for page in (client.get("/accounts/login/"), pages.get("/chats/new/"), client.get("/admin/login/")):
        assert 'maxlength="600"' in page.content.decode()
    form = {"username": long_name[1], "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    for address, shown in (("/chats/people/", long_name[0]), ("/chats/new/", long_name[1])):
        assert f'value="{shown}"' in pages.get(address, {"to": long_name[1]}).content.decode()
    assert pages.post("/chats/new/", {"to": long_name[1], "content": "hello"}).status_code == 302


def test_long_name_signs_up_in_decomposed_letters(db, long_name):
    client = Client()
    form = {"password1": PASSWORD, "password2": PASSWORD}
    too_long = client.post("/accounts/signup/", form | {"username": 2 * long_name[0]})

    assert 'maxlength="600"' in client.get("/accounts/signup/").content.decode()
    assert "name is too long" in too_long.content.decode()
    assert client.post("/accounts/signup/", form | {"username": long_name[1]}).status_code == 302
    assert User.objects.get().username == long_name[0]
