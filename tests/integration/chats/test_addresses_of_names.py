"""User names from before there were rules.

A browser reaches the conversation with each of them.
"""

import re
from html import unescape
from urllib.parse import quote, urlsplit

import pytest

# Names that the rules now refuse, and names that a browser or Django interprets in another way.
OLD_NAMES = [
    ".", "..", "...", "a/b", "../chats", "./x", "/", "//evil.example", "a?b=c", "a#b", "50%", "%2e", "%2E%2e",
    "a%2Fb", "a\\b", "\\", "two words", " ", "a;b", "a&b", '"', "<i>", "a:b", "~", "tab\tbed", "\u3000",
    "x" * 150,
]  # fmt: skip


def as_browser(address: str) -> str:
    """Return the path that a browser requests. It removes dot segments (URL Standard, path state)."""
    *parts, last = re.split(r"[/\\]", urlsplit(address).path)
    kept: list[str] = []
    for part in parts:
        plain = re.sub("%2e", ".", part, flags=re.IGNORECASE)
        if plain == "..":
            kept = kept[:-1]
        elif plain != ".":
            kept.append(part)
    return "/".join([*kept, last])


@pytest.fixture
def pages(alice, browser_of):
    return browser_of(alice)


@pytest.mark.parametrize("name", OLD_NAMES)
def test_conversation_with_an_old_name_is_reached_from_the_inbox_and_a_thread(
    member, write, alice, pages, name
):
    message = write(member(name), alice, "from an old name")
    row = re.search(r'class="row [^>]*href="([^"]*)"', pages.get("/chats/").content.decode())[1]
    thread = pages.get(f"/chats/thread/{message.thread}/?at=1").content.decode()

    assert f'<a class="back crumbs" href="{row}?at={message.pk}#m{message.pk}"' in thread
    assert as_browser(row) == row
    answer = pages.get(row, follow=True)
    assert answer.status_code == 200
    assert unescape(re.search(r'data-with="([^"]*)"', answer.content.decode())[1]) == name


def test_valid_names_keep_their_addresses(member, write, alice, pages):
    names = ("bob", "...b", ".b", "O'Brien", "山田", "दिनेश", "a@b+c")
    for name in names:
        write(member(name), alice)
    inbox, unread = (pages.get(f"/chats/{page}").content.decode() for page in ("", "unread/"))

    for page, end in ((inbox, '"'), (unread, "?at=")):
        hrefs = {name: f'href="/chats/with/{quote(name, safe="@+")}/{end}' for name in names}
        assert [name for name, href in hrefs.items() if href not in page] == []


def test_pages_of_a_conversation_with_an_old_name_lead_to_its_other_pages(member, write_many, alice, pages):
    messages = write_many(member(".."), alice, 120)
    address = f"/chats/conversation/{messages[0].conversation_id}/"
    earlier = re.search(r'rel="prev" href="([^"]*)"', pages.get(f"{address}?at=1").content.decode())[1]

    assert earlier.startswith("?to=")
    assert pages.get(address + earlier).status_code == 200


@pytest.mark.parametrize("name", ["bob ", " bob", "bob\u3000", "two words", "..", "50%", "a/b"])
def test_page_of_a_conversation_with_an_old_name_sends_to_it(member, write, alice, pages, name):
    message = write(member(name), alice)
    to = {"to": name, "content": "hello"}
    sent = pages.post("/chats/new/", to | {"conversation": message.conversation_id})
    replied = pages.post(f"/chats/message/{message.pk}/reply/", to)

    assert (sent.status_code, replied.status_code) == (302, 302)


@pytest.mark.parametrize("pk", ["own", 0, 1, 2**31, 2**63 - 1, 2**63, 10**30])
def test_conversation_of_others_or_with_an_unknown_id_returns_404(message, charlie, browser_of, pk):
    address = f"/chats/conversation/{message.conversation_id if pk == 'own' else pk}/"

    assert browser_of(charlie).get(address).status_code == 404


def test_conversation_by_id_marks_what_it_shows_as_read(write, alice, bob, pages, client):
    message = write(bob, alice)
    assert client.get(f"/chats/conversation/{message.conversation_id}/").status_code == 302
    assert pages.get(f"/chats/conversation/{message.conversation_id}/", follow=True).status_code == 200

    assert pages.get("/chats/unread/").content.decode().count("data-message") == 0
