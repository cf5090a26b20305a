"""Shortcuts of a single key: where they begin, that they work in search, and that they can be turned off."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def items(write_many, alice, bob):
    return write_many(bob, alice, 40, content="Item")


def test_first_j_takes_the_first_message_in_view(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.locator(f"#m{items[20].pk}").evaluate("row => row.scrollIntoView({block: 'start'})")
    hers.keyboard.press("j")
    expect(hers.locator(f"#m{items[20].pk}")).to_be_focused()
    hers.keyboard.press("j")
    expect(hers.locator(f"#m{items[21].pk}")).to_be_focused()
    hers.evaluate("scrollTo(0, 0)")
    hers.keyboard.press("j")

    expect(hers.locator(f"#m{items[0].pk}")).to_be_focused()


def test_quick_j_steps_on_while_the_page_scrolls_smoothly(open_browser, items, alice):
    hers = open_browser(alice, reduced_motion="no-preference", viewport={"width": 800, "height": 300})
    hers.goto("/chats/with/bob/")
    for _ in range(12):
        hers.keyboard.press("j")

    expect(hers.locator(f"#m{items[11].pk}")).to_be_focused()


def test_j_and_k_step_through_what_a_search_found(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/search/?q=Item")
    rows = hers.locator("ol.found > li a")
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        hers.keyboard.press(key)
        expect(rows.nth(place)).to_be_focused()
    hers.keyboard.press("Enter")

    expect(hers.locator("ol.messages")).to_be_visible()


def test_single_keys_turned_off_stay_off(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/")
    hers.keyboard.press("?")
    hers.get_by_role("checkbox", name="Shortcuts of a single key").uncheck()
    hers.keyboard.press("Escape")
    for address in ("/chats/", "/chats/with/bob/", "/chats/search/?q=Item"):
        hers.goto(address)
        hers.keyboard.type("jkn?/ir")
        assert hers.url.endswith(address)
        assert hers.evaluate("document.activeElement.tagName") == "BODY"
        expect(hers.get_by_role("dialog")).to_have_count(0)
    hers.goto("/chats/with/bob/")
    hers.get_by_role("textbox", name="Message").fill("sent by keys")
    hers.keyboard.press("Control+Enter")
    expect(hers.locator(".message", has_text="sent by keys")).to_be_visible()
    hers.get_by_role("button", name="Keyboard").click()
    hers.get_by_role("checkbox").check()
    hers.keyboard.press("Escape")
    hers.keyboard.press("n")

    expect(hers.get_by_label("To")).to_be_focused()


def test_new_message_to_somebody_has_the_focus_on_its_text(open_browser, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/new/?to=bob")

    expect(hers.get_by_role("textbox", name="Message")).to_be_focused()
