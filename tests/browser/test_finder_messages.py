"""The finder and the search lead to a message, whose page marks what was found."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import IMPORT, wait_for_module

HITS = """() => [...(CSS.highlights.get("hits") ?? [])].map(hit => hit.toString())"""


@pytest.fixture
def found(alice, bob, member, write, write_many):
    """Create a message of bob among others, and a member whose name begins like a word of it."""
    write(member("warden"), alice, "Hello")
    message = write(bob, alice, "The **warp** is long, the Warping short. Forward!")
    write_many(bob, alice, 60, content="Weft")
    latest = Message.objects.latest("pk")
    Message.objects.mark_conversation_read(alice, message.conversation_id, up_to=latest.pk)
    return message


@pytest.fixture
def hers(open_browser, alice, found):
    return open_browser(alice, viewport={"width": 1280, "height": 720})


def _open_result(page, address):
    page.goto(address)
    wait_for_module(page, "hits")  # It keeps the words of the result for the next page.
    page.locator("#found li a").click()


def _shows_hits(page, message, hits):
    expect(page).to_have_url(re.compile(f"/chats/with/bob/[?]at={message.pk}#m{message.pk}$"))
    expect(page.locator(f"#m{message.pk}")).to_be_in_viewport()
    page.wait_for_function("() => CSS.highlights.has('hits')")
    assert page.evaluate(HITS) == hits


def test_a_message_is_reached_by_six_keys_from_a_conversation(hers, found):
    hers.goto("/chats/with/warden/")
    for key in ("Control+k", "w", "a", "r"):
        hers.keyboard.press(key)
    expect(hers.get_by_role("group", name="People").get_by_role("option")).to_have_text(["warden"])
    expect(hers.get_by_role("group", name="Messages").get_by_role("option")).to_have_count(1)
    for key in ("ArrowDown", "Enter"):
        hers.keyboard.press(key)

    _shows_hits(hers, found, ["war", "War", "war"])


def test_finder_of_a_conversation_searches_in_it(hers):
    hers.goto("/chats/with/bob/")
    hers.keyboard.press("Control+k")
    hers.keyboard.type("weft")
    expect(hers.locator("#finder-list > a")).to_have_text(
        ["Search with bob for “weft”", "Search messages for “weft”"]
    )
    hers.locator("#finder-with").click()

    expect(hers.get_by_role("heading", name="Search your messages with bob")).to_be_visible()
    expect(hers.locator("#found li")).to_have_count(25)


def test_menu_of_a_conversation_leads_to_a_search_in_it(hers):
    hers.goto("/chats/with/bob/")
    hers.locator(".menu summary").click()
    hers.get_by_role("link", name="Search in this conversation").click()
    expect(hers.get_by_role("searchbox")).to_be_focused()
    hers.keyboard.type("hello")
    hers.keyboard.press("Enter")

    expect(hers.get_by_text("No messages match.")).to_be_visible()


def test_page_of_a_result_marks_its_words_once(hers, found):
    _open_result(hers, "/chats/search/?q=warp+long")
    _shows_hits(hers, found, ["warp", "long", "Warp"])
    assert hers.evaluate("sessionStorage.getItem('bobbin-hits')") is None
    module = wait_for_module(hers, "hits")
    hers.reload()
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")  # By now, it would request hits.js.
    hers.evaluate(IMPORT, module)

    assert hers.evaluate(HITS) == []


def test_result_on_the_page_that_shows_it_closes_the_finder_and_marks(hers, found):
    hers.goto(f"/chats/with/bob/?at={found.pk}#m{found.pk}")
    hers.keyboard.press("Control+k")
    hers.keyboard.type("warp")
    hers.get_by_role("group", name="Messages").get_by_role("option").click()
    expect(hers.locator("dialog#finder")).to_be_hidden()
    expect(hers.locator(f"#m{found.pk}")).to_be_focused()

    _shows_hits(hers, found, ["warp", "Warp"])


def test_hit_in_a_folded_message_is_shown(hers, alice, bob, write):
    message = write(bob, alice, "\n".join(["line"] * 40) + "\nthe shuttle" + "\nend" * 40)
    _open_result(hers, "/chats/search/?q=shuttle")
    _shows_hits(hers, message, ["shuttle"])

    top = "[...CSS.highlights.get('hits')][0].getBoundingClientRect().top"
    hers.wait_for_function(f"() => {top} > 48 && {top} < 600")


def test_short_word_is_marked_only_where_it_is_a_word(hers, alice, bob, write):
    message = write(bob, alice, "A banana (a) was an art")
    _open_result(hers, "/chats/search/?q=a+was")

    _shows_hits(hers, message, ["A", "a", "was"])


def test_finder_with_messages_is_accessible_and_fits(hers, accessibility_reports, picture):
    hers.goto("/chats/with/bob/")
    hers.keyboard.press("Control+k")
    hers.keyboard.type("war")
    expect(hers.get_by_role("group", name="Messages")).to_be_visible()
    assert accessibility_reports(hers, "finder-messages", whole=False) == []
    box = hers.locator("#finder").get_by_role("button", name="Close").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    for theme in ("light", "dark"):
        hers.emulate_media(color_scheme=theme)
        hers.set_viewport_size({"width": 390, "height": 844})
        picture(hers, f"finder-messages-390-{theme}", whole=False)

    assert hers.evaluate("document.documentElement.scrollWidth") == 390
