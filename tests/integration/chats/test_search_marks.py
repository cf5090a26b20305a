"""Search in texts whose folding took 0.2 to 0.7 s.

They have very long sequences of combining marks, or characters that fold to 18 letters.
"""

import pytest

from messaging.search import letters
from messaging.search.query import keys
from messaging.statements import execute

pytestmark = pytest.mark.django_db
# Folding drops some characters, which must not join marks to a longer sequence.
UNITS = [
    "\u0301\u0323", "\u0315\u0300\u05ae", "\u094d\u093c", "\u0e48\u0e38", "\U0001d165\U0001d16d",
    "\u094d\u034f\u093c", "\u0488\u0323\u0301", "\u094d\u0488\u093c", "\u094d\u200d\u093c",
    "\ufe79\ufe77\ufe7b", "\u0640\u064e\u0650", "\uff9e\u3099", "\u0344\u0323",
]  # fmt: skip


def in_postgresql(text: str) -> tuple[str, str, list[str]]:
    statement = """SELECT messaging_search_text(t), messaging_search_accented(t),
      tsvector_to_array(messaging_search_keys(t, 1::bigint, 2::bigint))
      FROM (SELECT %s::text AS t) AS given"""
    return execute("default", statement, [text])[0]


@pytest.mark.parametrize("unit", UNITS)
def test_long_sequences_of_marks_are_dropped_alike_in_postgresql_and_python(unit):
    for text in ("a" + unit * 40 + "b " + "c" + unit * 9, "e\u0301" + (unit * 5_000)[:9_000] + " loom"):
        plain, accented, made = in_postgresql(text)

        assert (plain, accented) == (letters.fold(text), letters.fold(text, accents=True))
        assert len(accented) < 200
        assert set(made) == {"@1", "@2", *keys(f" {letters.words(plain)} ")}


@pytest.mark.parametrize(
    "text", ["é warp, weft and loom; " * 430, "木綿と糸。" * 2_000, "a b " * 2_500, "x" * 10_000]
)
def test_a_long_text_has_the_keys_of_all_its_words(text):
    plain, _, made = in_postgresql(text[:10_000])

    assert set(made) == {"@1", "@2", *keys(f" {letters.words(plain)} ")}


@pytest.mark.parametrize("filler", ["\ufdfa" * 9_900, "e" + "\u0301\u0323" * 4_000, "\ufdfb " * 4_000])
def test_word_before_a_long_sequence_of_marks_is_found(browser_of, alice, bob, write, filler):
    message = write(alice, bob, f"Loom {filler}")
    page = browser_of(bob).get("/chats/search/", {"q": "loom"}).content.decode()

    assert f'data-message="{message.pk}"' in page
    assert "<mark>Loom</mark>" in page
