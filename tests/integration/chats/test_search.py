"""Search: one's own messages and no others, the best first, page by page."""

import re
from datetime import UTC, datetime

import pytest

from messaging.models import Message

pytestmark = pytest.mark.django_db


def _search(browser, query: str, **more) -> str:
    response = browser.get("/chats/search/", {"q": query} | more)
    assert response.status_code == 200, response.content
    return response.content.decode()


def _ids(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-message="(\d+)"', page)]


@pytest.fixture
def corpus(write, alice, bob, charlie):
    """Messages by name."""
    return {
        "loom": write(alice, bob, "Did the new loom arrive?"),
        "answer": write(bob, alice, "The loom did arrive, the loom is here"),
        "march": write(alice, bob, "Wool prices", timestamp=datetime(2026, 3, 5, tzinfo=UTC)),
        "secret": write(charlie, bob, "A loom for charlie"),
        "<b>": write(alice, bob, 'Is <b>bold</b> & "quoted"?'),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("loom", {"loom", "answer"}),
        ("LOOM arrive", {"loom", "answer"}),
        ('"new loom"', {"loom"}),
        ("loom -here", {"loom"}),
        ("wool or bold", {"march", "<b>"}),
        ("from:bob", {"answer"}),
        ("from:me loom", {"loom"}),
        ("to:BOB loom", {"loom"}),
        ("before:2026-04-01", {"march"}),
        ("after:2026-03-05 before:2026-03-06", {"march"}),
        ("after:2026-03-06 wool", set()),
        ("from:nobody", set()),
        ("from:charlie", set()),
        ("unheard-of", set()),
        ('"from:bob"', set()),
        ("loom & | ! ( ' :* <->", {"loom", "answer"}),
    ],
)
def test_what_is_found(browser_of, alice, corpus, query, names):
    found = set(_ids(_search(browser_of(alice), query)))

    assert found == {corpus[name].pk for name in names}


def test_nobody_finds_what_others_wrote_to_each_other(browser_of, charlie, alice, bob, corpus):
    assert _ids(_search(browser_of(charlie), "loom")) == [corpus["secret"].pk]
    mark = f"@{alice.pk}"
    for trick in (mark, f"'{mark}'", f"loom or {mark}", "from:alice", "-x", "from:alice to:bob"):
        assert set(_ids(_search(browser_of(charlie), trick))) <= {corpus["secret"].pk}


def test_better_matches_stand_first_and_words_are_marked(browser_of, alice, corpus):
    page = _search(browser_of(alice), "loom")

    assert _ids(page) == [corpus["answer"].pk, corpus["loom"].pk]
    assert page.count("<mark>loom</mark>") == 3


def test_what_people_wrote_is_shown_as_text(browser_of, alice, write, bob, corpus):
    write(alice, bob, "bold \x02\x03 <mark>unsafe</mark>")
    page = _search(browser_of(alice), "bold <script>")

    # PostgreSQL leaves tags out of what it shows of a text.
    assert "Is  <mark>bold</mark>  &amp; &quot;quoted&quot;?" in _search(browser_of(alice), "bold")
    assert "<script>" not in page.replace('<script type="module"', "").replace("<script src", "")
    assert _search(browser_of(alice), "unsafe").count("<mark>") == 1


def test_pages_hold_each_match_once(browser_of, write_many, alice, bob):
    write_many(alice, bob, 60, content="loom " * 3)
    browser, page, seen = browser_of(alice), _search(browser_of(alice), "loom"), []
    while True:
        seen += _ids(page)
        following = re.search(r'rel="next" href="\?q=loom&amp;last=([^"]+)"', page)
        if not following:
            break
        page = _search(browser, "loom", last=following[1])

    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("before:yesterday", "before: wants a day such as before:2026-03-31, not yesterday."),
        ("x" * 201, "at most 200 characters"),
        ("a\x00b", "not text"),
    ],
)
def test_a_search_that_cannot_be_says_why(browser_of, alice, query, said):
    response = browser_of(alice).get("/chats/search/", {"q": query})

    assert response.status_code == 422
    assert said in response.content.decode()


@pytest.mark.parametrize("last", ["x", "1", "nan_1", "1_99999999999999999999", "-1_5", "1e999_5"])
def test_a_made_up_place_is_not_found(browser_of, alice, last):
    assert browser_of(alice).get("/chats/search/", {"q": "x", "last": last}).status_code == 404


def test_an_empty_search_asks_nothing_of_the_messages(browser_of, alice, django_assert_max_num_queries):
    browser = browser_of(alice)
    with django_assert_max_num_queries(2):
        assert "In your messages" in browser.get("/chats/search/").content.decode()


def test_an_edit_is_found_by_its_new_words_only(browser_of, message, alice):
    message.edit("Good evening", by=alice)

    assert _ids(_search(browser_of(alice), "evening")) == [message.pk]
    assert _ids(_search(browser_of(alice), "morning")) == []
    assert Message.objects.count() == 1
