"""Unicode normalization of texts with more combining marks than any real letter has."""

import sys
import unicodedata

import pytest

from accounts import names
from accounts.normal_forms import MOST_MARKS, Excess, normalize
from accounts.passwords import composed

EVERYTHING = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)


def test_every_mark_that_normalization_reorders_counts():
    marks = [
        letter for letter in EVERYTHING if unicodedata.combining(unicodedata.normalize("NFKD", letter)[0])
    ]

    assert len(marks) > 900
    assert [mark for mark in marks if not Excess().is_in(mark * (MOST_MARKS + 1))] == []


@pytest.mark.parametrize("letter", ["a", "é", "木", "क", "\U0001e900", "😀", "\U0001d15e", "ﾀ"])
def test_letters_and_few_marks_are_no_excess(letter):
    assert not Excess().is_in((letter + "\u0323" * (MOST_MARKS - 1)) * 3)


@pytest.mark.parametrize(
    "marks", ["\u0301\u0323", "\u094d\u093c", "\u0e48\u0e38", "\U0001d165\U0001d16d", "\uff9e\u3099"]
)
@pytest.mark.parametrize("form", ["NFC", "NFKD"])
def test_text_with_more_than_30_marks_on_a_letter_is_not_normalized(marks, form):
    few, many = "xA\u030a" + marks * 14, "xA\u030a" + marks * 16

    assert normalize(form, few) == unicodedata.normalize(form, few)
    assert normalize(form, many) == many


@pytest.mark.parametrize("length", [601, 10_000])
@pytest.mark.parametrize("unit", ["a\u0301", "\u0301\u0323", "\ufdfa", "ẞ"])
def test_name_over_the_limit_keeps_its_spelling_and_its_key_is_a_digest(unit, length):
    name = (unit * length)[:length]

    assert names.spelling(name) == name
    assert len(names.key(name)) == 64
    assert not names.is_valid(name)


def test_the_longest_name_is_found_in_every_spelling():
    longest = "\u1f82" * 150  # Four characters, decomposed.

    assert names.is_valid(longest)
    assert names.key(unicodedata.normalize("NFD", longest)) == names.key(longest)
    assert len(names.key(longest)) > 150


def test_password_with_too_many_marks_is_hashed_without_normalization():
    assert composed("e\u0301") == "é"
    assert composed("e" + "\u0301\u0323" * 5_000) == "e" + "\u0301\u0323" * 5_000
