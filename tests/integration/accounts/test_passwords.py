"""A password is the same whatever way the keyboard composes its letters."""

from unicodedata import normalize

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import User

PASSWORDS = ["Schlüssel-größe-77", "contraseña-año", "비밀번호-열두글자-12"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(("set_in", "typed_in"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_password_typed_in_another_composition_is_right(password, set_in, typed_in):
    user = User(username="anna")
    user.set_password(normalize(set_in, password))

    assert user.check_password(normalize(typed_in, password))
    assert not user.check_password(normalize(typed_in, password + "x"))


def test_a_password_with_another_space_is_right():
    user = User(username="anna")
    user.set_password("four warp weft words")

    assert user.check_password("four\u00a0warp\u3000weft words")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_hash_from_before_passwords_were_normalised_still_works(form):
    typed = normalize(form, PASSWORDS[0])

    assert User(username="anna", password=make_password(typed)).check_password(typed)


def test_a_member_made_by_a_command_has_a_composed_password(db):
    user = User.objects.create_user("anna", password=normalize("NFD", PASSWORDS[0]))

    assert user.check_password(PASSWORDS[0])
