"""The frame of the pages: a header of one row, the menu of the member, and the bar of links on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.composing import DRAFTS, first_of, type_text, wait_for_module

PAGES = ("/chats/", "/chats/with/bob/", "/chats/search/", "/accounts/", "/chats/new/", "/chats/thread/{}/")
PHONE = {"width": 390, "height": 844}
BOTTOM = "element => element.getBoundingClientRect().bottom"


@pytest.mark.parametrize("width", [320, 390, 639, 700, 1000, 1280])
def test_header_is_one_row_of_at_most_56_pixels(open_browser, message, alice, width):
    hers, high = open_browser(alice, viewport={"width": width, "height": 640}), {}
    for address in PAGES:
        hers.goto(address.format(message.pk))
        header = hers.locator(".top").bounding_box()
        if header["height"] > 56 or hers.evaluate("document.documentElement.scrollWidth") > width:
            high[address] = header

    assert high == {}


def test_header_stays_in_view(open_browser, write_many, alice, bob):
    write_many(bob, alice, 40, content="Item")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.evaluate("scrollTo(0, document.body.scrollHeight)")

    expect(hers.get_by_role("heading", level=1, name="bob")).to_be_in_viewport()


@pytest.mark.parametrize("script", [True, False])
def test_menu_has_what_the_footer_had(open_browser, message, alice, script):
    hers = open_browser(alice, java_script_enabled=script)
    hers.goto("/chats/with/bob/")
    expect(hers.locator("footer")).to_have_count(0)
    hers.locator(".menu summary").click()
    for name in ("Notifications", "Settings", "Help", "Log out"):
        expect(hers.get_by_role("link", name=name)).to_be_visible()
    for name in ("Appearance: System", "Keyboard shortcuts"):
        expect(hers.get_by_role("button", name=name)).to_be_visible(visible=script)


@pytest.mark.parametrize(("script", "text"), [(True, "Not sent"), (False, "")])
def test_log_out_leads_to_its_form_without_javascript_and_while_a_text_is_typed(
    open_browser, message, alice, script, text
):
    hers = open_browser(alice, java_script_enabled=script)
    hers.goto("/chats/with/bob/")
    hers.locator("main > form.compose textarea").fill(text)
    hers.locator(".menu summary").click()
    if script:
        wait_for_module(hers, "menu")
    hers.get_by_role("link", name="Log out").click()

    expect(hers.locator("#log-out > button")).to_be_in_viewport()
    expect(hers.get_by_role("dialog", name="Log out?")).to_be_visible(visible=script)


def _log_out_by_menu(page):
    page.locator(".menu summary").click()
    wait_for_module(page, "menu")
    page.get_by_role("link", name="Log out").click()


@pytest.mark.parametrize("kept", ["a draft of another page", "a message that waits"])
def test_log_out_of_the_menu_leads_to_a_question_if_it_loses_texts(open_browser, message, alice, kept):
    hers = open_browser(alice)
    hers.route("**/chats/new/", lambda route: route.abort())
    type_text(hers, "/chats/with/bob/", kept)
    if kept == "a draft of another page":
        hers.goto(f"/chats/thread/{message.pk}/")
    else:
        hers.keyboard.press("Enter")
        expect(hers.locator("li.is-unsent .progress")).to_have_text("Not sent yet")
    expect(hers.locator("main > form.compose textarea")).to_have_value("")
    _log_out_by_menu(hers)

    expect(hers.get_by_role("dialog", name="Log out?")).to_contain_text("will be")
    assert len(hers.evaluate(DRAFTS)) == 1


def test_log_out_that_loses_texts_needs_no_other_script_for_its_question(open_browser, message, alice):
    hers, waiting = open_browser(alice), []
    type_text(hers, "/chats/with/bob/", "a draft of another page")
    hers.route("**/bobbin*.js", lambda route: waiting.append(route))
    hers.goto("/accounts/", wait_until="commit")
    hers.get_by_role("button", name="Log out").click()

    expect(hers.get_by_role("dialog", name="Log out?")).to_contain_text("1 draft will be deleted.")
    first_of(hers, waiting).continue_()


def test_log_out_of_the_menu_logs_out_at_once(open_browser, message, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    _log_out_by_menu(hers)

    expect(hers.get_by_role("heading", name="You have logged out")).to_be_visible()
    hers.goto("/chats/")
    expect(hers).to_have_url(re.compile("/accounts/login/"))


def test_menu_closes_by_escape_and_by_a_click_outside(open_browser, message, alice):
    hers = open_browser(alice)
    hers.goto("/chats/")
    menu, summary = hers.locator(".menu > div"), hers.locator(".menu summary")
    loaded = "() => performance.getEntriesByType('resource').some(({name}) => name.includes('/menu.'))"
    summary.click()
    hers.wait_for_function(loaded)
    hers.get_by_role("button", name="Appearance").click()
    expect(menu).to_be_visible()
    hers.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    hers.locator("main").click(position={"x": 5, "y": 5})
    expect(menu).to_be_hidden()
    summary.click()
    hers.get_by_role("button", name="Keyboard shortcuts").click()
    expect(hers.get_by_role("dialog")).to_be_visible()
    expect(menu).to_be_hidden()
    hers.keyboard.press("Escape")

    expect(summary).to_be_focused()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_menu_closes_when_the_focus_leaves_it(open_browser, message, alice, key):
    hers = open_browser(alice)
    hers.goto("/chats/")
    menu = hers.locator(".menu")
    hers.locator(".menu summary").press("Enter")
    wait_for_module(hers, "menu")
    hers.keyboard.press("Tab")
    expect(menu).to_have_attribute("open", "")
    (hers.get_by_role("link", name="Log out") if key == "Tab" else menu.locator("summary")).press(key)

    expect(menu).not_to_have_attribute("open", "")


def test_question_before_a_log_out_returns_the_focus_to_its_button(open_browser, message, alice):
    hers = open_browser(alice)
    type_text(hers, "/chats/with/bob/", "a draft")
    _log_out_by_menu(hers)
    hers.get_by_role("button", name="Stay logged in").click()

    expect(hers.locator("#log-out > button")).to_be_focused()


def test_phone_has_the_links_at_the_foot_except_beside_a_message_field(open_browser, message, alice, bob):
    his = open_browser(bob, viewport=PHONE)
    links = his.get_by_role("navigation", name="Main")
    his.goto("/chats/")
    assert links.evaluate(BOTTOM) == PHONE["height"]
    expect(links.locator('[data-badge="unread"]')).to_have_text("1")
    for address in ("/chats/with/alice/", f"/chats/thread/{message.pk}/", "/chats/new/"):
        his.goto(address)
        expect(links).to_be_hidden()
    his.goto("/chats/with/alice/")
    his.get_by_role("link", name="Inbox").click()

    expect(his).to_have_url(his.url.partition("/chats/")[0] + "/chats/")


def test_last_row_is_not_hidden_behind_the_links_at_the_foot(open_browser, write, member, alice):
    for number in range(26):
        write(member(f"weaver{number:02}"), alice, "Hello")
    hers = open_browser(alice, viewport=PHONE)
    hers.goto("/chats/")
    last = hers.locator(".pages a").last
    hers.evaluate("scrollTo(0, document.body.scrollHeight)")

    top = hers.get_by_role("navigation", name="Main").evaluate("nav => nav.getBoundingClientRect().top")
    assert last.evaluate(BOTTOM) <= top


@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/thread/{}/"])
def test_message_field_is_at_most_twelve_tabs_away(open_browser, message, write_many, alice, bob, address):
    write_many(bob, alice, 30, content="Item")
    hers = open_browser(alice)
    hers.goto(address.format(message.pk))
    expect(hers.locator("form.compose textarea").last).to_be_focused()
    hers.locator("a").first.focus()
    hers.keyboard.press("Tab")
    hers.keyboard.press("Enter")

    expect(hers.locator("form.compose textarea").last).to_be_focused()


def test_menu_and_reply_without_a_connection_keep_the_page(open_browser, message, bob):
    """Their modules cannot be loaded. The browser would show its own page in place of the one of the link."""
    his = open_browser(bob)
    his.goto("/chats/with/alice/")
    expect(his.locator("html")).to_have_attribute("data-live", "yes")
    address = his.url
    his.route("**/*", lambda route: route.abort())
    his.context.set_offline(True)
    his.locator("li.message").hover()
    his.locator("li.message").get_by_role("link", name="Reply").click()
    his.locator(".menu summary").click()
    his.get_by_role("button", name="Keyboard shortcuts").click()

    expect(his.locator("#connection")).to_have_text("You’re offline. Messages are sent when you’re back.")
    expect(his.get_by_role("link", name="Settings")).to_be_visible()
    assert his.url == address
