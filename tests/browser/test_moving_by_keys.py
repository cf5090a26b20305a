"""Single keys go to the newest message, to the next unread one, and back to the row of the list."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import leave_composer


@pytest.fixture
def items(write_many, alice, bob):
    """Create 70 messages that alice has read: two pages of the conversation."""
    items = write_many(bob, alice, 70, content="Item")
    Message.objects.mark_seen(alice, [message.pk for message in items])
    return items


@pytest.fixture
def weavers(member, write, alice):
    return [write(member(f"weaver{number}"), alice, f"Hello from {number}") for number in range(6)]


def _focused(page, message) -> None:
    row = page.locator(f"#m{message.pk}")
    expect(row).to_be_focused()
    expect(row).to_be_in_viewport()


@pytest.mark.parametrize("key", ["G", "End"])
def test_key_for_the_newest_message_focuses_it(open_browser, items, alice, key):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.evaluate("scrollTo(0, 0)")
    hers.keyboard.press("j")
    hers.keyboard.press(key)

    _focused(hers, items[-1])


@pytest.mark.parametrize("address", ["/chats/with/bob/?to={}", "/chats/thread/{}/"])
def test_newest_message_on_a_later_page_is_opened(open_browser, write, write_many, alice, bob, address):
    root = write(bob, alice, "root")
    replies = write_many(bob, alice, 120, content="Item", parent_message=root)
    hers = open_browser(alice)
    hers.goto(address.format(replies[60].pk if "to" in address else root.pk))
    expect(hers.get_by_role("link", name="Later messages")).to_be_visible()
    leave_composer(hers)
    hers.evaluate("scrollTo(0, 0)")
    hers.keyboard.press("G")
    _focused(hers, replies[-1])
    expect(hers.get_by_role("link", name="Later messages")).to_have_count(0)
    hers.keyboard.press("k")

    _focused(hers, replies[-2])


def test_end_in_a_list_scrolls_and_in_a_field_moves_the_caret(open_browser, weavers, items, alice):
    hers = open_browser(alice, viewport={"width": 800, "height": 300})
    hers.goto("/chats/")
    hers.keyboard.press("End")
    hers.wait_for_function("() => scrollY > 0")
    hers.goto("/chats/with/bob/")
    area = hers.locator("main > form.compose textarea")
    area.fill("text")
    area.press("Home")
    area.press("End")
    area.press_sequentially("s")

    expect(area).to_have_value("texts")


def test_p_goes_through_the_unread_messages_and_then_to_other_conversations(
    open_browser, items, write, member, alice, bob
):
    here = [write(bob, alice, f"new {number}") for number in range(2)]
    other = write(member("weaver"), alice, "elsewhere")
    write(member("weaver2"), alice, "latest")
    later = write(other.sender, alice, "later than latest")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    for message in here:
        hers.keyboard.press("p")
        _focused(hers, message)
    hers.keyboard.press("p")
    _focused(hers, other)

    assert other.sender_id == later.sender_id


def test_p_in_the_inbox_focuses_the_next_unread_row(open_browser, weavers, items, alice):
    weavers[3].mark_read()
    hers = open_browser(alice)
    hers.goto("/chats/")
    for number in (5, 4, 2):
        hers.keyboard.press("p")
        expect(hers.locator("li", has_text=f"weaver{number}").get_by_role("link")).to_be_focused()


def test_p_without_an_unread_message_says_so(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.keyboard.press("p")

    expect(hers.get_by_role("log", name="Arrivals")).to_have_text("No more unread messages.")
    assert "/chats/with/bob/?at=" in hers.url


@pytest.mark.parametrize(
    "address", ["/chats/", "/chats/unread/", "/chats/notifications/", "/chats/search/?q=Hello"]
)
@pytest.mark.parametrize("way", ["u", "Back"])
def test_way_back_to_a_list_focuses_the_row_that_was_opened(open_browser, weavers, alice, address, way):
    hers = open_browser(alice)
    hers.goto(address)
    for _ in range(3):
        hers.keyboard.press("j")
    row = hers.locator("main li a:focus")
    opened = row.inner_text()
    hers.keyboard.press("Enter")
    expect(hers.locator("ol.messages")).to_be_visible()
    expect(hers.locator('[data-badge="unread"]')).to_have_text("5")
    leave_composer(hers)
    hers.keyboard.press("u") if way == "u" else hers.go_back()

    expect(hers).to_have_url(re.compile(re.escape(address) + "$"))
    if address == "/chats/unread/":  # The message was read and has left the list.
        expect(hers.locator("main li a:focus")).to_contain_text("weaver2")
    else:
        expect(hers.locator("main li a:focus")).to_contain_text(re.search(r"weaver\d", opened)[0])
    hers.keyboard.press("j")
    expect(hers.locator("main li:nth-child(4) a:focus")).to_have_count(1)


def test_u_leads_from_a_page_that_was_opened_alone_to_the_inbox(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.keyboard.press("u")
    expect(hers.get_by_role("heading", name="Inbox")).to_be_visible()

    expect(hers).to_have_url(re.compile("/chats/$"))


def test_row_that_was_clicked_has_no_focus_after_back(open_browser, weavers, alice):
    hers = open_browser(alice)
    hers.goto("/chats/")
    hers.get_by_role("link", name="weaver3").click()
    expect(hers.locator("ol.messages")).to_be_visible()
    hers.go_back()
    expect(hers.get_by_role("heading", name="Inbox")).to_be_visible()
    hers.wait_for_load_state("networkidle")

    assert hers.evaluate("document.activeElement.tagName") == "BODY"


def test_log_out_deletes_the_places(open_browser, weavers, alice):
    hers = open_browser(alice)
    hers.goto("/chats/search/?q=Hello")
    hers.keyboard.press("j")
    hers.goto("/accounts/")
    assert "Hello" in hers.evaluate("sessionStorage.getItem('bobbin-places')")
    hers.get_by_role("button", name="Log out").click()
    expect(hers.get_by_role("heading", name="You have logged out")).to_be_visible()

    hers.wait_for_function("() => sessionStorage.length === 0")
