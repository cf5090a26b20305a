"""The finder lists people by any part of their name, counterparts first, then messages, and a search."""

import re
from html import unescape

import pytest

from accounts.models import User
from messaging import search
from messaging.counterparts import MOST, MOST_COMPARED
from messaging.models import Message

pytestmark = pytest.mark.django_db
ROW = re.compile(
    r'<a role="option" id="finder-(\w+)"[^>]* href="([^"]+)">\s*<span[^>]*>(.*?)</span>', re.DOTALL
)


@pytest.fixture
def find(browser_of, alice):
    """Return a function that returns the people whom the finder lists for alice, as {name: address}."""
    browser = browser_of(alice)

    def load(text: str) -> dict[str, str]:
        response = browser.get("/chats/find/", {"q": text})
        assert response.status_code == 200
        rows = ROW.findall(response.content.decode())
        people = [row for row in rows if row[0].isdigit() and row[0] != "0"]
        return {unescape(name): unescape(address) for _, address, name in people}

    return load


@pytest.fixture
def friends(write, alice, member):
    """Create counterparts of alice, in the order of their latest messages."""
    names = ["mira.tailor", "tailor", "anna-tailor", "entailed", "o'brien", "김철수"]
    for name in names:
        write(alice, member(name))
    return names


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tai", ["tailor", "anna-tailor", "mira.tailor", "entailed"]),
        ("TAIL", ["tailor", "anna-tailor", "mira.tailor", "entailed"]),
        ("tailed", ["entailed"]),
        ("mira tai", ["mira.tailor"]),
        ("mira_t", ["mira.tailor"]),
        ("bri", ["o'brien"]),
        ("o’b", ["o'brien"]),
        ("김처", ["김철수"]),
        ("철", ["김철수"]),
        ("\u200bmira\u200b", ["mira.tailor"]),
        ("nope", []),
        (".*", []),
        ("(", []),
        ("[a-z]", []),
        ("\\", []),
        ("\x00", ["김철수", "o'brien", "entailed", "anna-tailor", "tailor", "mira.tailor"]),
        ("", ["김철수", "o'brien", "entailed", "anna-tailor", "tailor", "mira.tailor"]),
    ],
)
def test_counterparts_are_found_by_a_part_of_their_name(find, friends, typed, found):
    assert list(find(typed)) == found


def test_counterparts_come_first_and_others_only_by_the_beginning_of_their_name(find, friends, member):
    for name in ("tailoring", "zoe.tailor"):
        member(name)
    found = find("tailor")

    assert list(found) == ["tailor", "anna-tailor", "mira.tailor", "tailoring"]
    assert found["tailor"] == "/chats/with/tailor/"
    assert found["tailoring"] == "/chats/with/tailoring/"
    assert find("zoe") == {"zoe.tailor": "/chats/with/zoe.tailor/"}


def test_finder_shows_neither_the_member_nor_deactivated_accounts(find, friends, member):
    User.objects.filter(username__in=["tailor", "mira.tailor"]).update(is_active=False)
    member("tailless", is_active=False)

    assert list(find("tail")) == ["anna-tailor", "entailed"]
    assert find("ali") == {}


def test_counterparts_of_others_are_not_found_by_a_part_of_their_name(find, bob, member, write):
    write(bob, member("zoe.tailor"))

    assert find("tailor") == {}
    assert find("oe") == {}


def test_order_of_equal_matches_follows_the_latest_message(find, alice, member, write):
    anna, andy = member("anna"), member("andy")
    write(anna, alice), write(andy, alice)
    assert list(find("an")) == ["andy", "anna"]
    write(alice, anna)

    assert list(find("an")) == ["anna", "andy"]


def _write_to_many(alice, number: int) -> None:
    people = User.objects.bulk_create(User(username=f"member{n:04}", password="!") for n in range(number))
    Message.objects.bulk_create(Message(sender=alice, receiver=one, content="x") for one in people)


def test_counterpart_before_the_compared_ones_is_found_by_the_beginning_of_the_name(
    find, alice, member, write
):
    write(alice, member("zoe.tailor"))
    _write_to_many(alice, MOST_COMPARED - 1)
    assert find("tailor") == {"zoe.tailor": "/chats/with/zoe.tailor/"}
    write(alice, member("latest"))

    assert find("tailor") == {}
    assert find("zo") == {"zoe.tailor": "/chats/with/zoe.tailor/"}
    assert len(find("member")) == MOST


def test_name_that_no_path_can_contain_leads_to_the_conversation(find, alice, bob, write):
    message = write(alice, bob)
    bob.username = "a/b"
    bob.save()

    assert find("a/b") == {"a/b": f"/chats/conversation/{message.conversation_id}/"}


def test_new_member_whose_name_no_path_can_contain_leads_to_the_form(find, bob):
    bob.username = "a/b"
    bob.save()

    assert find("a/b") == {"a/b": "/chats/new/?to=a%2Fb"}


def test_search_for_the_text_is_the_last_row_and_its_text_is_escaped(browser_of, alice, friends):
    page = browser_of(alice).get("/chats/find/", {"q": "<b> & tailor"}).content.decode()
    _, address, text = ROW.findall(page)[-1]

    assert unescape(address) == "/chats/search/?q=%3Cb%3E%20%26%20tailor"
    assert text == "Search messages for “<bdi>&lt;b&gt; &amp; tailor</bdi>”"
    assert "No people found" in page
    assert "finder-with" not in page


def test_finder_of_a_conversation_offers_a_search_in_it(browser_of, alice):
    wanted = {"q": "a&b", "with": "<bob>"}
    *_, (row, address, text), last = ROW.findall(
        browser_of(alice).get("/chats/find/", wanted).content.decode()
    )

    assert (row, last[0]) == ("with", "0")
    assert unescape(address) == "/chats/search/?with=%3Cbob%3E&q=a%26b"
    assert text == "Search with <bdi>&lt;bob&gt;</bdi> for “<bdi>a&amp;b</bdi>”"


@pytest.fixture
def messages(browser_of, alice):
    """Return a function that returns the messages that the finder lists for alice, as {address: HTML}."""
    browser = browser_of(alice)

    def load(text: str) -> dict[str, str]:
        rows = browser.get("/chats/find/", {"q": text}).content.decode().split('<a role="option" id="finder-')
        return {
            unescape(re.search('href="([^"]+)"', row)[1]): row for row in rows if re.match(r"m\d+\"", row)
        }

    return load


def test_latest_own_messages_are_found_with_their_hit_marked(messages, alice, bob, charlie, write):
    sent = [write(*pair, content=f"The LOOMS {place}") for place, pair in enumerate([(alice, bob)] * 6)]
    answer = write(bob, alice, "<i> loom")
    write(bob, charlie, "a loom of others")
    found = messages("loom")

    latest = [answer, *sent[:1:-1]]
    assert list(found) == [f"/chats/with/bob/?at={one.pk}#m{one.pk}" for one in latest]
    rows = list(found.values())
    assert "&lt;i&gt; <mark>loom</mark></span>" in rows[0]
    assert '<span class="quiet">You:</span> The <mark>LOOM</mark>S 5</span>' in rows[1]
    assert all('<span class="who" dir="auto">bob</span>' in row and "<time" in row for row in rows)


@pytest.mark.parametrize("text", ["織", "織機", "織機は", "직물", "😀"])
def test_words_of_eastern_scripts_are_found_although_they_are_short(messages, alice, bob, write, text):
    sent = write(bob, alice, "織機は 직물 😀")

    assert list(messages(text)) == [f"/chats/with/bob/?at={sent.pk}#m{sent.pk}"]


@pytest.mark.parametrize(
    "text", ["lo", "", "...", "with:", "in:loom", "loom " * 11, "loom" * 60, "loom with:nobody"]
)
def test_text_that_a_search_refuses_finds_only_people(browser_of, alice, bob, write, text):
    write(bob, alice, "loom")
    response = browser_of(alice).get("/chats/find/", {"q": text})

    assert response.status_code == 200
    assert 'id="finder-m' not in response.content.decode()


def test_search_that_takes_too_long_finds_only_people(browser_of, alice, member, write, monkeypatch):
    write(member("loomis"), alice, "loom")
    slow = search.SEARCH.replace("WHERE m.folded", "WHERE (SELECT pg_sleep(1)) IS NOT NULL AND m.folded")
    monkeypatch.setattr(search, "SEARCH", slow)
    page = browser_of(alice).get("/chats/find/?q=loom").content.decode()

    assert "loomis" in page
    assert 'id="finder-m' not in page


def test_empty_finder_offers_no_search(browser_of, alice, friends):
    page = browser_of(alice).get("/chats/find/").content.decode()

    assert "Search messages" not in page
    assert "6 people found." in page
    assert "1 person found.</p>" in browser_of(alice).get("/chats/find/?q=mira").content.decode()


@pytest.mark.parametrize(("number", "said"), [(1, "1 message found.</p>"), (2, "2 messages found.</p>")])
def test_status_has_the_number_of_messages(browser_of, alice, bob, write, number, said):
    for _ in range(number):
        write(bob, alice, "loom")

    assert f"No people found. {said}" in browser_of(alice).get("/chats/find/?q=loom").content.decode()
