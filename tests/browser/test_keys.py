"""Single-key shortcuts start at the visible rows, work in search results, and can be turned off."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.composing import leave_composer


@pytest.fixture
def items(write_many, alice, bob):
    return write_many(bob, alice, 40, content="Item")


def test_first_j_focuses_the_first_visible_message(open_browser, items, alice):
    hers = open_browser(alice, viewport={"width": 800, "height": 300})
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.locator(f"#m{items[20].pk}").evaluate(
        "row => scrollBy(0, row.getBoundingClientRect().top - document.querySelector('.top').offsetHeight)"
    )
    hers.keyboard.press("j")
    expect(hers.locator(f"#m{items[20].pk}")).to_be_focused()
    hers.keyboard.press("j")
    expect(hers.locator(f"#m{items[21].pk}")).to_be_focused()
    hers.evaluate("scrollTo(0, 0)")
    hers.keyboard.press("j")

    expect(hers.locator(f"#m{items[0].pk}")).to_be_focused()


def test_repeated_j_moves_on_during_smooth_scrolling(open_browser, items, alice):
    hers = open_browser(alice, reduced_motion="no-preference", viewport={"width": 800, "height": 300})
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    for _ in range(12):
        hers.keyboard.press("j")

    expect(hers.locator(f"#m{items[11].pk}")).to_be_focused()


def test_j_and_k_move_through_search_results(open_browser, items, alice):
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
        hers.evaluate("document.activeElement.blur()")
        hers.keyboard.type("jkn?/ir")
        assert address in hers.url
        assert hers.evaluate("document.activeElement.tagName") == "BODY"
        expect(hers.get_by_role("dialog")).to_have_count(0)
    hers.goto("/chats/with/bob/")
    hers.get_by_role("textbox", name="Message").fill("sent by keys")
    hers.keyboard.press("Control+Enter")
    expect(hers.locator(".message:not(.is-unsent)", has_text="sent by keys")).to_be_visible()
    hers.locator(".menu summary").click()
    hers.get_by_role("button", name="Keyboard").click()
    hers.get_by_role("checkbox", name="Shortcuts of a single key").check()
    hers.keyboard.press("Escape")
    hers.keyboard.press("n")

    expect(hers.get_by_label("To")).to_be_focused()


def test_single_keys_turned_off_on_the_account_page_stay_off(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/accounts/")
    hers.get_by_role("checkbox", name="Shortcuts of a single key").uncheck()
    hers.keyboard.type("n?")
    assert hers.url.endswith("/accounts/")
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.keyboard.type("jkGpureUni/?")
    hers.keyboard.press("End")
    _is_still(hers, "/chats/with/bob/")
    hers.goto("/accounts/")
    hers.get_by_role("checkbox", name="Shortcuts of a single key").check()
    hers.keyboard.press("i")

    expect(hers.get_by_role("heading", name="Inbox")).to_be_visible()


def test_account_page_without_javascript_has_no_switch_of_single_keys(open_browser, alice):
    hers = open_browser(alice, java_script_enabled=False)
    hers.goto("/accounts/")
    expect(hers.get_by_role("button", name="Log out")).to_be_visible()

    expect(hers.get_by_role("checkbox")).to_have_count(0)


def test_new_message_with_a_receiver_has_the_focus_on_its_text(open_browser, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/new/?to=bob")

    expect(hers.get_by_role("textbox", name="Message")).to_be_focused()


PRESS = """keys => keys.forEach(key => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...key})))"""


def _is_still(page, address) -> None:
    """Check that no shortcut had an effect."""
    expect(page).to_have_url(re.compile(re.escape(address) + r"(\?at=\d+#m\d+)?$"))
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert page.locator("dialog[open]").count() == 0


def test_single_keys_with_modifiers_do_nothing(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    modified = [
        {"key": key, modifier: True} for key in "jnrie/?" for modifier in ("ctrlKey", "metaKey", "altKey")
    ]
    odd = [{"key": key} for key in ("Dead", "Unidentified", "Process", "constructor", "__proto__", "о")]
    hers.evaluate(PRESS, modified + odd + [{}, {"key": "N", "shiftKey": True}, {"key": "é", "code": "KeyN"}])
    hers.evaluate("dispatchEvent(new Event('keydown'))")  # Autofill dispatches events without a key.

    _is_still(hers, "/chats/with/bob/")


def test_single_keys_of_another_layout_work(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.evaluate(PRESS, [{"key": "c", "code": "KeyJ"}])
    expect(hers.locator("li.message:focus")).to_have_count(0)
    hers.evaluate(PRESS, [{"key": "ξ", "code": "KeyJ"}])

    expect(hers.locator("li.message:focus")).to_have_count(1)


def test_keys_typed_into_a_field_are_text(open_browser, items, alice):
    hers = open_browser(alice)
    for address in ("/chats/search/?q=Item", "/chats/new/", "/chats/with/bob/"):
        hers.goto(address)
        fields = hers.locator("main :is(input:not([type=hidden]), textarea)")
        for field in filter(Locator.is_visible, fields.all()):
            field.fill("")
            field.press_sequentially("jkn?/ire")
            expect(field).to_have_value("jkn?/ire")
        expect(hers).to_have_url(re.compile(re.escape(address) + r"(\?at=\d+#m\d+)?$"))


def test_single_keys_behind_an_open_dialog_do_nothing(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    leave_composer(hers)
    hers.keyboard.press("?")
    for press_where in ("h2", "dd >> nth=0"):
        hers.get_by_role("dialog").locator(press_where).click()
        hers.keyboard.type("jni/?")
    hers.keyboard.press("Escape")
    expect(hers.get_by_role("dialog")).to_have_count(0)

    _is_still(hers, "/chats/with/bob/")


def test_escape_and_enter_within_a_composition_keep_the_form_and_its_text(open_browser, write, alice, bob):
    """In an input method, Escape cancels the unconverted text and Enter accepts it."""
    own = write(alice, bob, "before")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.get_by_role("link", name="Edit your message").click()
    area = hers.locator(f"#m{own.pk} textarea")
    expect(area).to_be_focused()
    network = hers.context.new_cdp_session(hers)
    network.send("Input.imeSetComposition", {"text": "おり", "selectionStart": 2, "selectionEnd": 2})
    hers.keyboard.press("Control+Enter")
    network.send("Input.imeSetComposition", {"text": "おり", "selectionStart": 2, "selectionEnd": 2})
    hers.keyboard.press("Escape")

    expect(area).to_have_count(1)
    assert "before" in area.input_value()
    own.refresh_from_db()
    assert own.content == "before"


def test_switch_of_single_keys_reaches_other_tabs_and_pages_kept_for_back(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    other = hers.context.new_page()
    other.goto("/chats/")
    other.locator(".menu summary").click()
    other.get_by_role("button", name="Keyboard").click()
    other.get_by_role("checkbox", name="Shortcuts of a single key").uncheck()
    expect(hers.locator("#keys input:not(:checked)")).to_have_count(1)
    # A page in the back/forward cache receives no storage events.
    stored = {"bobbin-single-keys-off": "no", "bobbin-theme": "dark"}
    hers.evaluate("stored => { Object.assign(localStorage, stored) }", stored)
    hers.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    expect(hers.locator("#keys input:checked")).to_have_count(1)
    expect(hers.locator("html")).to_have_attribute("data-theme", "dark")


def test_single_keys_turned_off_without_storage_are_off_until_the_page_is_left(open_browser, items, alice):
    hers = open_browser(alice)
    hers.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('off') }})")
    hers.goto("/chats/with/bob/")
    hers.locator(".menu summary").click()
    hers.get_by_role("button", name="Keyboard").click()
    hers.get_by_role("checkbox", name="Shortcuts of a single key").uncheck()
    hers.keyboard.press("Escape")
    hers.evaluate("document.activeElement.blur()")
    hers.keyboard.type("jn")

    _is_still(hers, "/chats/with/bob/")


def test_single_keys_do_nothing_on_pages_without_the_switch(open_browser):
    visitor = open_browser()
    visitor.goto("/accounts/login/")
    visitor.evaluate("document.activeElement.blur()")
    visitor.keyboard.type("ni?")

    _is_still(visitor, "/accounts/login/")
