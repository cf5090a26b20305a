"""The letters and the color beside a name: chats/initials.py."""

import pytest

from chats.initials import COLORS, color_class, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("lena.okafor", "LO"),
        ("lena", "LE"),
        ("l", "L"),
        ("Łukasz_b", "ŁB"),
        ("ßeta", "SE"),
        ("李小龙", "李小"),
        ("नमस्ते", "नम"),
        ("a+b@example.org", "AB"),
        ("<script>", "SC"),
        (".-.", "?"),
        ("..x", "X"),
        ("Weft & Co", "WC"),
    ],
)
def test_initials_are_two_letters_of_the_name(name, letters):
    assert initials(name) == letters


def test_color_depends_on_the_account_only():
    assert {color_class(pk) for pk in range(100)} == {f"c{number}" for number in range(COLORS)}
    assert color_class("7") == color_class(7)  # An error page has the id of the session.
