import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from messaging.content import MAX_LENGTH, clean_content


def refusal(content) -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        clean_content(content)
    return refused.value.code, refused.value.messages[0]


def test_a_text_is_trimmed_and_its_line_ends_are_plain():
    assert clean_content(" \t\r\n\nfirst\r\nsecond\rthird \n") == "first\nsecond\nthird"


@pytest.mark.parametrize("code", ["    if warp:\n        weft()", "\tmake run", "\u3000織機の話"])
def test_first_line_keeps_its_indentation(code):
    assert clean_content(f"\n  \n{code}\n") == code


def test_spaces_and_empty_lines_inside_a_text_stay():
    assert clean_content("a  b\n\n\tc") == "a  b\n\n\tc"


@pytest.mark.parametrize("blank", ["", " ", "\r\n\t ", "\u00a0\u2003\u3000"])
def test_a_blank_text_is_refused(blank):
    assert refusal(blank) == ("blank", "Write something first: a message cannot be empty.")


def test_text_of_10000_characters_with_blanks_around_it_is_accepted():
    assert len(clean_content("  \n" + "ä" * MAX_LENGTH + "\r\n")) == 10_000


def test_a_text_of_10001_characters_is_refused_with_both_numbers():
    code, text = refusal("🦉" * 10_001)

    assert code == "too_long"
    assert "10,000" in text
    assert "10,001" in text


@pytest.mark.parametrize("letter", [0, 0xD800, 0xDBFF, 0xDC00, 0xDFFF])
@pytest.mark.parametrize("text", ["{}", "before {}", "{} after"])
def test_text_that_postgresql_cannot_store_is_refused(letter, text):
    assert refusal(text.format(chr(letter)))[0] == "not_text"


@pytest.mark.parametrize("other", [None, 5, b"bytes", ["text"]])
def test_content_that_is_not_a_string_is_refused(other):
    assert refusal(other) == ("type", "A message must be text.")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
def test_cleaning_a_clean_text_changes_nothing(text):
    try:
        clean = clean_content(text)
    except ValidationError:
        assert all(unicodedata.category(letter)[0] in "ZCMLS" for letter in text.strip())
    else:
        assert clean_content(clean) == clean
        assert clean == text.replace("\r\n", "\n").replace("\r", "\n").rstrip()[-len(clean) :]
        assert "\r" not in clean
