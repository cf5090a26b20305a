"""Excerpts end at a boundary between user-perceived characters (grapheme clusters)."""

import pytest

from messaging.excerpts import begin, first_words

CHARACTERS = {
    "flag": "🇩🇪",
    "family": "👩‍👩‍👧",
    "tag sequence": "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "skin tone": "👍🏽",
    "keycap": "1\ufe0f\u20e3",
    "combining marks": "e\u0301\u0323",
    "hangul jamo": "\u1112\u1161\u11ab",
    "devanagari": "क्षि",
    "thai": "ที่",
    "heart": "❤\ufe0f",
}


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
def test_excerpt_never_splits_a_grapheme_cluster(character):
    for before in range(len(character)):
        text = "x" * before + character * 60
        shown = begin(text, 60)
        whole = (60 - before) // len(character)
        assert shown == "x" * before + character * whole + "…"
        assert begin(text[:61], 60) == shown


def test_excerpt_of_odd_flags_counts_pairs_from_their_beginning():
    assert begin("🇩🇪🇫🇷🇯🇵", 3) == "🇩🇪…"


@pytest.mark.parametrize("text", ["", "short", "x" * 120, "é" * 120, "👍🏽" * 60])
def test_excerpt_of_short_text_is_the_text(text):
    assert begin(text, 120) == text


def test_excerpt_of_long_text_ends_in_an_ellipsis_without_blank():
    assert begin("x" * 119 + " more", 120) == "x" * 119 + "…"


def test_excerpt_of_one_endless_character_is_cut():
    assert begin("H" + "\u0301" * 500, 120) == "H" + "\u0301" * 119 + "…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fangorious, ok", "fangorious, ok"),
        ("  two\n\nlines\tof it ", "two lines of it"),
        ("The new loom arrives on Thursday at nine", "The new loom arrives on…"),
        ("https://looms.example/" + "x" * 90, "https://looms.example/xxxxxxxx…"),
        ("織機は木曜日に届きます。" * 5, ("織機は木曜日に届きます。" * 5)[:30] + "…"),
        ("👩‍👩‍👧" * 20, "👩‍👩‍👧" * 6 + "…"),
        ("😀", "😀"),
        ("\n" * 90 + "  code after blank lines", "code after blank lines"),
        ("\u3000" * 90 + "織機", "織機"),
        ("x" + " " * 57 + "👩‍👩‍👧", "x 👩‍👩‍👧"),
        ("a word" + "\n" * 80 + "and what follows it after a long gap", "a word and what follows it…"),
        ("a b c d e f g h i j k l m n o p q r s t", "a b c d e f g h i j k l m n o…"),
        ("שלום, הנול מגיע ביום חמישי בשעה תשע", "שלום, הנול מגיע ביום חמישי…"),
        ("<b>Not</b> bold", "<b>Not</b> bold"),
        ("blanks at its end" + " " * 80, "blanks at its end"),
    ],
)
def test_first_words_of_a_text(text, shown):
    assert first_words(text, 30) == shown
