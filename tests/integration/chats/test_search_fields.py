"""The filters of a search as fields of its page: they combine with the words, and show the typed filters."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.core.exceptions import ValidationError

from messaging.search.fields import RECEIVED, SENT, Fields, read

pytestmark = pytest.mark.django_db
MARCH = {"after": "2026-03-01", "before": "2026-04-01"}


@pytest.fixture
def corpus(write, alice, bob, charlie):
    """Return messages by a short name."""
    return {
        "to bob": write(alice, bob, "The loom"),
        "from bob": write(bob, alice, "A loom"),
        "from charlie": write(charlie, alice, "My loom"),
        "march": write(bob, alice, "Old loom", timestamp=datetime(2026, 3, 5, tzinfo=UTC)),
    }


@pytest.fixture
def search(browser_of, alice):
    """Return a function that returns the page of a search with these parameters."""
    browser = browser_of(alice)

    def load(**parameters: str) -> str:
        response = browser.get("/chats/search/", parameters)
        assert response.status_code == 200, response.content
        return response.content.decode()

    return load


def _ids(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-message="(\d+)"', page)]


def _shown(page: str) -> dict[str, str]:
    """Return the values that the fields of a page show, without empty ones."""
    fields = re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page)
    chosen = [
        (name, value)
        for name, options in re.findall(r'<select name="(\w+)"(.*?)</select>', page, re.DOTALL)
        for value in re.findall(r'value="(\w*)" selected', options)
    ]
    return {name: unescape(value) for name, value in fields + chosen if value}


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"with": "BOB"}, {"to bob", "from bob", "march"}),
        ({"with": "bob", "way": "sent"}, {"to bob"}),
        ({"with": "bob", "way": "received"}, {"from bob", "march"}),
        ({"way": "received", "q": "my"}, {"from charlie"}),
        (MARCH, {"march"}),
        (MARCH | {"with": "charlie"}, set()),
        ({"after": "2026-3-6", "q": "loom", "with": "bob"}, {"to bob", "from bob"}),
        ({"with": "bob", "q": "with:charlie"}, {"from charlie"}),
        ({"with": "bob", "q": "from:me"}, {"to bob"}),
        ({"with": "bob", "q": "from:bob or from:charlie"}, {"from bob", "march"}),
        ({"way": "sent", "q": "from:charlie"}, {"from charlie"}),
        ({"way": "sideways", "with": "charlie"}, {"from charlie"}),
    ],
)
def test_fields_combine_with_the_words(search, corpus, parameters, names):
    assert set(_ids(search(**parameters))) == {corpus[name].pk for name in names}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("from:bob loom", {"q": "loom", "with": "bob", "way": "received"}),
        ("loom to: bob", {"q": "loom", "with": "bob", "way": "sent"}),
        ("with:bob", {"with": "bob"}),
        ("from:me to:bob", {"with": "bob", "way": "sent"}),
        ("with:bob to:me", {"with": "bob", "way": "received"}),
        ("with:bob from:BOB", {"with": "BOB", "way": "received"}),
        ("to:alice", {"way": "received"}),
        ('from:"me"', {"with": "me", "way": "received"}),
        ('-x "a b" after:2026-3-1 before:2026-04-01', {"q": '-x "a b"'} | MARCH),
        ("after:today", {"after": f"{datetime.now(UTC):%Y-%m-%d}"}),
        ("loom or wool from:bob", {"q": "loom or wool from:bob"}),
        ("from:bob from:charlie", {"q": "from:bob from:charlie"}),
        ("from:bob to:charlie", {"q": "from:bob to:charlie"}),
        ("from:bob with:charlie", {"q": "from:bob with:charlie"}),
        ("from:me to:me", {"q": "from:me to:me"}),
        ("with:me", {"q": "with:me"}),
        ("from:bob to:bob", {"q": "from:bob to:bob"}),
        ("loom", {"q": "loom"}),
    ],
)
def test_typed_filters_fill_the_fields(search, corpus, typed, shown):
    page = search(q=typed)

    assert _shown(page) == shown
    assert ("<details open>" in page) == (set(shown) != {"q"})


@pytest.mark.parametrize(
    "typed", ["from:bob loom", "loom or wool from:bob", "with:bob after:2026-03-06", "-old to:me"]
)
def test_search_that_a_page_shows_finds_the_same(search, corpus, typed):
    first = search(q=typed)
    second = search(**_shown(first))

    assert _ids(first) == _ids(second) != []
    assert _shown(first) == _shown(second)


def test_typed_filter_replaces_the_field(search, corpus):
    page = search(q="with:charlie after:2026-03-02", **{"with": "bob", "after": "2026-03-01"})

    assert _shown(page) == {"with": "charlie", "after": "2026-03-02"}


def test_links_of_a_page_keep_the_fields(search, write_many, alice, bob, charlie):
    write_many(alice, bob, 30, content="loom")
    write_many(alice, charlie, 30, content="loom")
    parameters = {"q": "loom", "with": "bob", "way": "sent", "order": "best"}
    first = search(**parameters)
    links = {unescape(link) for link in re.findall(r'href="(\?[^"]+)"', first)}
    query = "?q=loom&with=bob&way=sent"
    following = next(link for link in links if "last=" in link)

    assert query in links
    assert following.startswith(f"{query}&order=best&last=")
    last = following.rpartition("=")[2]
    assert len({*_ids(first), *_ids(search(**parameters, last=last))}) == 30


def test_search_in_a_conversation_names_it_and_lists_its_messages(search, corpus):
    page = search(**{"with": "bob"})

    assert "Search your messages with <bdi>bob</bdi>" in page
    assert _ids(page) == [corpus[name].pk for name in ("from bob", "to bob", "march")]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"before": "soon"}, "Write dates as YYYY-MM-DD"),
        ({"with": "a\x00b"}, "cannot be used"),
    ],
)
def test_field_that_is_wrong_says_why_and_keeps_its_text(browser_of, alice, parameters, said):
    response = browser_of(alice).get("/chats/search/", parameters | {"q": "loom"})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert "<details open>" in response.content.decode()


def test_member_that_does_not_exist_is_named(search, corpus):
    page = search(q="loom", **{"with": "nobodyatall"})

    assert "There is no member called “<bdi>nobodyatall</bdi>”." in page
    assert "put them in quotes" not in page


def test_fields_do_not_show_messages_between_other_members(browser_of, charlie, corpus):
    for parameters in (
        {"with": "bob"},
        {"with": "alice", "way": "received"},
        MARCH,
        {"q": "with:bob with:alice -my"},
    ):
        assert _ids(browser_of(charlie).get("/chats/search/", parameters).content.decode()) == []


def test_words_that_are_refused_stay_in_the_text():
    with pytest.raises(ValidationError):
        read("with:", "alice", Fields())
    assert read("loom", "alice", Fields("bob", SENT))[1:] == ("loom", Fields("bob", SENT))
    assert read("from:bob", "bob", Fields(way=RECEIVED))[2] == Fields(way=SENT)
