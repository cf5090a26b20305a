"""A password matches in every Unicode normalisation form."""

from unicodedata import normalize

import pytest
from django.test import Client
from zeal import zeal_context

from accounts.models import User

PASSWORDS = ["Schlüssel-größe-77", "contraseña-año", "비밀번호-열두글자-12"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(("set_in", "typed_in"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_password_typed_in_another_composition_matches(password, set_in, typed_in):
    user = User(username="anna")
    user.set_password(normalize(set_in, password))

    assert user.check_password(normalize(typed_in, password))
    assert not user.check_password(normalize(typed_in, password + "x"))


# More combining marks on one letter than other texts may have. Each can be written in several ways.
MANY_MARKS = [
    "\u00e9" + "\u0323\u0301" * 20,
    "\u1e69" * 5 + "\u0327" * 31,
    "\u30d9" + "\u0301" * 40,
    "\u01d6" + "\u0304\u0323" * 25,
]


@pytest.mark.parametrize("password", MANY_MARKS)
@pytest.mark.parametrize(("set_in", "typed_in"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_password_with_many_marks_on_a_letter_is_the_same_on_two_devices(password, set_in, typed_in):
    user = User(username="anna")
    user.set_password(normalize(set_in, password))

    assert normalize(set_in, password) != normalize(typed_in, password)
    assert user.check_password(normalize(typed_in, password))


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_log_in_takes_the_password_of_the_sign_up_in_another_composition(db, password):
    composed, decomposed = normalize("NFC", password), normalize("NFD", password)
    sign_up = {"username": "anna", "password1": composed}
    assert Client().post("/accounts/signup/", sign_up).status_code == 302
    browser = Client()

    assert browser.post("/accounts/login/", {"username": "anna", "password": decomposed}).status_code == 302
    assert browser.post("/accounts/delete/", {"password": decomposed}).status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["change", "admin", "add"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_two_compositions_of_one_new_password_are_equal(browser_of, member, page, password):
    anna, root = member("anna"), member("root", is_staff=True, is_superuser=True)
    anna.set_password("before-" + password)
    anna.save()
    composed, decomposed = normalize("NFC", password), normalize("NFD", password)
    new = {"password1": composed, "password2": decomposed, "usable_password": "true"}
    address, form, name = {
        "change": (
            "/accounts/password/",
            {"old_password": normalize("NFD", "before-" + password), "new_password1": composed,
             "new_password2": decomposed},
            "anna",
        ),
        "admin": (f"/admin/accounts/user/{anna.pk}/password/", new, "anna"),
        "add": ("/admin/accounts/user/add/", new | {"username": "berta"}, "berta"),
    }[page]  # fmt: skip
    response = browser_of(anna if page == "change" else root).post(address, form)

    assert response.status_code == 302
    with zeal_context():
        assert User.objects.get(username=name).check_password(decomposed)


def test_password_with_another_space_character_matches():
    user = User(username="anna")
    user.set_password("four warp weft words")

    assert user.check_password("four\u00a0warp\u3000weft words")


def test_a_member_made_by_a_command_has_a_composed_password(db):
    user = User.objects.create_user("anna", password=normalize("NFD", PASSWORDS[0]))

    assert user.check_password(PASSWORDS[0])
