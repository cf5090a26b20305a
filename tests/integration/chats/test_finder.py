"""The finder lists people by any part of their name, counterparts first, and offers a search in messages."""

import re
from html import unescape

import pytest

from accounts.models import User
from messaging.counterparts import MOST, MOST_COMPARED
from messaging.models import Message

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<a role="option"[^>]* href="([^"]+)">\s*<span[^>]*>(.*?)</span>\s*(<span)?', re.DOTALL)


@pytest.fixture
def find(browser_of, alice):
    """Return a function that returns the people whom the finder lists for alice, as {name: address}."""
    browser = browser_of(alice)

    def load(text: str) -> dict[str, str]:
        response = browser.get("/chats/find/", {"q": text})
        assert response.status_code == 200
        rows = ROW.findall(response.content.decode())
        return {
            unescape(name): unescape(address) for address, name, _ in rows if "Search messages" not in name
        }

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
    assert found["tailoring"] == "/chats/new/?to=tailoring"
    assert find("zoe") == {"zoe.tailor": "/chats/new/?to=zoe.tailor"}


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


def test_search_for_the_text_is_the_last_row_and_its_text_is_escaped(browser_of, alice, friends):
    page = browser_of(alice).get("/chats/find/", {"q": "<b> & tailor"}).content.decode()
    address, text, _ = ROW.findall(page)[-1]

    assert unescape(address) == "/chats/search/?q=%3Cb%3E%20%26%20tailor"
    assert text == "Search messages for “<bdi>&lt;b&gt; &amp; tailor</bdi>”"
    assert "No people found" in page


def test_empty_finder_offers_no_search(browser_of, alice, friends):
    page = browser_of(alice).get("/chats/find/").content.decode()

    assert "Search messages" not in page
    assert "6 people found" in page
    assert "1 person found" in browser_of(alice).get("/chats/find/?q=mira").content.decode()
