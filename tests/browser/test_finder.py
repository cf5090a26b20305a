"""The finder opens by Ctrl+K or its button, and leads to people and to a search by keys alone."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from messaging.models import Message
from tests.browser.composing import first_of

ROWS = "#finder-list a"


@pytest.fixture
def friends(alice, write):
    """Create 500 counterparts of alice; the oldest is mira.tailor."""
    names = ["mira.tailor", *(f"weaver{number:03}" for number in range(499))]
    people = User.objects.bulk_create(User(username=name, password="!") for name in names)
    Message.objects.bulk_create(Message(sender=one, receiver=alice, content="Hello loom") for one in people)


@pytest.fixture
def hers(open_browser, alice, friends):
    page = open_browser(alice)
    page.goto("/chats/")
    return page


def _open(page):
    page.keyboard.press("Control+k")
    field = page.locator("#finder input")
    expect(field).to_be_focused()
    return field


def test_an_old_counterpart_is_reached_by_six_keys(hers):
    for key in ("Control+k", "t", "a", "i", "Enter"):
        hers.keyboard.press(key)

    expect(hers).to_have_url(re.compile("/chats/with/mira.tailor/"))


def test_enter_before_the_finder_is_loaded_opens_the_row(hers):
    waiting = []
    hers.route("**/finder*.js", lambda route: waiting.append(route))
    for key in ("Control+k", "t", "a", "i", "Enter"):
        hers.keyboard.press(key)
    expect(hers.locator("#finder input")).to_have_value("tai")
    first_of(hers, waiting).continue_()

    expect(hers).to_have_url(re.compile("/chats/with/mira.tailor/"))


def test_arrow_keys_select_a_row_and_enter_opens_it(hers):
    field = _open(hers)
    field.press_sequentially("weaver49")
    rows = hers.locator(ROWS)
    expect(rows).to_have_count(9)
    expect(rows.first).to_have_text("weaver498")
    expect(hers.locator("#finder [role=status]")).to_have_text("8 people found.")
    for key, place in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("ArrowUp", 0), ("ArrowUp", 8)):
        field.press(key)
        expect(rows.nth(place)).to_have_attribute("aria-selected", "true")
        expect(hers.locator(f"{ROWS}[aria-selected=true]")).to_have_count(1)
        expect(rows.nth(place)).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
        expect(field).to_have_attribute("aria-activedescendant", rows.nth(place).get_attribute("id"))
        expect(field).to_be_focused()
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")

    expect(hers).to_have_url(re.compile("/chats/with/weaver497/"))


def test_text_that_names_no_person_leads_to_a_search_in_messages(hers):
    field = _open(hers)
    field.press_sequentially("loom")
    expect(hers.locator(ROWS)).to_have_count(6)  # Five messages come first.
    field.press("ArrowUp")
    field.press("Enter")

    expect(hers).to_have_url(re.compile(re.escape("/chats/search/?q=loom")))
    expect(hers.locator("#found li")).to_have_count(25)


def test_escape_closes_the_finder_and_returns_the_focus(hers):
    button = hers.get_by_role("button", name="Find a person or message")
    button.click()
    field = hers.get_by_role("combobox", name="Name or words")
    expect(field).to_be_focused()
    field.press_sequentially("weaver")
    expect(hers.locator(ROWS)).to_have_count(9)
    field.press("Escape")
    expect(hers.locator("dialog#finder")).to_be_hidden()
    expect(button).to_be_focused()
    expect(hers.locator(ROWS)).to_have_count(0)  # No names stay in the closed dialog.

    assert _open(hers).input_value() == ""


def test_close_button_works_before_the_finder_is_loaded(hers):
    waiting = []
    hers.route("**/finder*.js", lambda route: waiting.append(route))
    _open(hers).press_sequentially("mira")
    hers.locator("#finder").get_by_role("button", name="Close").click()
    expect(hers.locator("dialog#finder")).to_be_hidden()
    with hers.expect_response("**/finder*.js"):
        first_of(hers, waiting).continue_()

    assert _open(hers).input_value() == ""
    expect(hers.locator(ROWS)).to_have_count(8)


@pytest.mark.parametrize("key", ["Enter", "ArrowDown"])
def test_keys_of_an_input_method_stay_with_it(hers, key):
    field = _open(hers)
    expect(hers.locator(ROWS)).to_have_count(8)
    for shown_by in ({"isComposing": True}, {"keyCode": 229}):
        field.dispatch_event("keydown", {"key": key, "bubbles": True} | shown_by)

    expect(hers.locator(ROWS).first).to_have_attribute("aria-selected", "true")
    expect(hers).to_have_url(re.compile("/chats/$"))
    expect(hers.locator("dialog#finder")).to_be_visible()


def test_letters_typed_while_the_module_loads_belong_to_the_field(hers):
    waiting = []
    hers.route("**/finder*.js", lambda route: waiting.append(route))
    field = _open(hers)
    hers.keyboard.type("njtai")
    expect(field).to_have_value("njtai")
    hers.keyboard.press("Home")
    hers.keyboard.press("Delete")
    hers.keyboard.press("Delete")
    first_of(hers, waiting).continue_()

    expect(hers.locator(ROWS).first).to_have_text("mira.tailor")
    expect(hers).to_have_url(re.compile("/chats/$"))


def test_enter_waits_for_the_rows_of_the_typed_text(hers):
    field = _open(hers)
    expect(hers.locator(ROWS)).to_have_count(8)
    waiting = []
    hers.route("**/chats/find/?q=*", lambda route: waiting.append(route))
    field.press_sequentially("mira")
    field.press("Enter")
    expect(hers.locator("dialog#finder")).to_be_visible()
    assert "/with/" not in hers.url
    first_of(hers, waiting)
    for route in waiting:
        route.continue_()

    expect(hers).to_have_url(re.compile("/chats/with/mira.tailor/"))


def test_rows_of_an_earlier_text_do_not_replace_those_of_a_later_one(hers):
    field = _open(hers)
    expect(hers.locator(ROWS)).to_have_count(8)
    waiting = []
    hers.route("**/chats/find/?q=w", lambda route: waiting.append(route))
    field.press("w")
    first_of(hers, waiting)
    field.fill("mira")
    expect(hers.locator(ROWS).first).to_have_text("mira.tailor")
    with hers.expect_response("**/chats/find/?q=w"):
        first_of(hers, waiting).continue_()
    hers.evaluate("() => new Promise(done => setTimeout(done, 50))")

    expect(hers.locator(ROWS).first).to_have_text("mira.tailor")


def test_finder_tries_again_after_a_lost_connection(hers):
    field = _open(hers)
    expect(hers.locator(ROWS)).to_have_count(8)
    hers.route("**/chats/find/?q=*", lambda route: route.abort())
    field.fill("mira")
    expect(hers.locator("#connection")).to_have_text("Reconnecting…")
    hers.unroute("**/chats/find/?q=*")
    field.press("Enter")

    expect(hers).to_have_url(re.compile("/chats/with/mira.tailor/"))


def test_finder_of_a_lost_session_shows_no_names(hers):
    field = _open(hers)
    expect(hers.locator(ROWS)).to_have_count(8)
    hers.context.clear_cookies()
    field.fill("mira")

    expect(hers.get_by_role("heading", name="You have been logged out")).to_be_visible()
    expect(hers.locator(ROWS)).to_have_count(0)


def test_finder_is_accessible_and_fits_320_pixels(hers, accessibility_reports, picture):
    _open(hers).press_sequentially("weaver")
    expect(hers.locator(ROWS)).to_have_count(9)
    assert accessibility_reports(hers, "finder", whole=False) == []
    hers.set_viewport_size({"width": 320, "height": 640})
    picture(hers, "finder-320", whole=False)

    assert hers.evaluate("document.documentElement.scrollWidth") == 320


def test_single_keys_and_the_finder_do_not_meet(hers):
    _open(hers)
    hers.keyboard.press("Control+k")
    expect(hers.locator("dialog[open]")).to_have_count(1)
    hers.keyboard.type("?/")
    expect(hers.get_by_role("combobox")).to_have_value("?/")
    hers.keyboard.press("Escape")
    # The focus leaves a closed dialog in the next frame.
    hers.wait_for_function("() => !document.activeElement.closest('dialog')")
    hers.keyboard.press("?")
    expect(hers.get_by_role("dialog", name="Keyboard")).to_be_visible()
    hers.keyboard.press("Control+k")

    expect(hers.get_by_role("dialog", name="Keyboard")).to_be_visible()
    expect(hers.locator("dialog[open]")).to_have_count(1)


def test_visitors_have_no_finder(open_browser):
    visitor = open_browser()
    visitor.goto("/accounts/login/")
    visitor.keyboard.press("Control+k")

    expect(visitor.get_by_role("combobox")).to_have_count(0)


def test_pages_of_the_menu_are_found_by_their_names(hers):
    field = _open(hers)
    field.press_sequentially("SET")
    pages = hers.get_by_role("group", name="Pages").get_by_role("option")
    expect(pages).to_have_text(["Settings"])
    field.fill("out")
    expect(pages).to_have_text(["Log out"])
    field.fill("ettings")
    expect(hers.locator(ROWS)).to_have_text(["Search messages for “ettings”"])
    expect(pages).to_have_count(0)
    field.fill("set")
    field.press("Enter")

    expect(hers).to_have_url(re.compile("/accounts/$"))


def test_person_is_before_a_page_whose_name_begins_alike_and_badges_are_no_names(hers, member, write, alice):
    write(member("noa"), alice)
    hers.reload()
    expect(hers.locator(".top [data-badge=unread]")).to_be_visible()
    field = _open(hers)
    field.fill("no")
    expect(hers.locator(ROWS).filter(has_not_text="Search")).to_have_text(["noa", "Notifications"])
    field.fill("un")
    expect(hers.get_by_role("group", name="Pages").get_by_role("option")).to_have_text(["Unread"])


def test_pages_are_found_without_a_connection(hers):
    field = _open(hers)
    expect(hers.locator(ROWS)).to_have_count(8)
    hers.route("**/chats/find/?q=*", lambda route: route.abort())
    field.fill("set")
    expect(hers.locator(ROWS)).to_have_text(["Settings"])
    field.press("Enter")

    expect(hers).to_have_url(re.compile("/accounts/$"))
