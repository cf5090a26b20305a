"""Single-key shortcuts that act on rows and forms, and letters that must not act as shortcuts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.composing import leave_composer


@pytest.fixture
def items(write_many, alice, bob):
    return write_many(bob, alice, 12, content="Item")


@pytest.fixture
def hers(open_browser, items, alice):
    page = open_browser(alice)
    page.goto("/chats/with/bob/")
    leave_composer(page)
    return page


def _unmoved(page, address="/chats/with/bob/") -> None:
    expect(page).to_have_url(re.compile(re.escape(address) + r"(\?at=\d+#m\d+)?$"))
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_keys_pressed_while_a_form_loads_do_nothing_and_reach_the_form_afterwards(hers, items):
    loading = []
    hers.route("**/reply/", lambda route: loading.append(route))
    hers.keyboard.press("j")
    hers.keyboard.press("r")
    hers.keyboard.type("nij")
    expect(hers.locator(f"#m{items[0].pk}")).to_be_focused()
    loading[0].continue_()
    area = hers.locator("li.message textarea")
    expect(area).to_be_focused()
    hers.keyboard.type("rn")

    expect(area).to_have_value("rn")


@pytest.mark.parametrize("status", [404, 503])
def test_keys_work_after_a_form_that_could_not_be_loaded(hers, items, status):
    hers.route("**/reply/", lambda route: route.fulfill(status=status))
    hers.locator("main > form.compose textarea").fill("half a text")  # The page is not left.
    hers.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    hers.keyboard.press("j")
    with hers.expect_response("**/reply/"):
        hers.keyboard.press("r")
    expect(hers.locator("#connection")).not_to_be_empty()
    hers.keyboard.press("j")

    expect(hers.locator(f"#m{items[1].pk}")).to_be_focused()


def test_keys_work_after_a_form_was_requested_twice(hers, items):
    hers.keyboard.press("j")
    hers.keyboard.press("r")
    area = hers.locator("li.message textarea")
    expect(area).to_be_focused()
    # The second click of a double click. The open form hides the link.
    hers.locator(f"#m{items[0].pk} a[href$='/reply/']").dispatch_event("click")
    expect(area).to_be_focused()
    hers.keyboard.press("Escape")
    expect(hers.locator(f"#m{items[0].pk}")).to_be_focused()
    hers.keyboard.press("j")

    expect(hers.locator(f"#m{items[1].pk}")).to_be_focused()


def test_j_passes_over_folded_replies(open_browser, write, alice, bob):
    parent = write(bob, alice, "root")
    chain = [parent := write(bob, alice, f"reply {n}", parent_message=parent) for n in range(9)]
    last = write(alice, bob, "beside", parent_message=chain[0])
    for message in chain:
        message.mark_read()
    hers = open_browser(alice, viewport={"width": 800, "height": 2000})
    hers.goto(f"/chats/thread/{chain[0].thread_root_id}/?order=tree")
    hers.locator(f"#m{chain[3].pk}").focus()
    expect(hers.locator(f"#m{chain[4].pk}")).to_be_hidden()
    hers.locator(f"#m{chain[3].pk}").evaluate("row => { row.tabIndex = -1; row.focus() }")
    hers.keyboard.press("j")

    expect(hers.locator(f"#m{last.pk}")).to_be_focused()


def test_r_and_e_without_a_row_that_offers_them_do_no_harm(hers, bob):
    hers.keyboard.press("e")
    _unmoved(hers)
    hers.keyboard.press("j")
    hers.keyboard.press("e")  # The message of bob has no Edit.
    hers.evaluate("document.querySelectorAll('a[href$=\"/reply/\"]').forEach(link => link.remove())")
    hers.keyboard.press("r")
    expect(hers.locator("li.message:focus")).to_have_count(1)
    hers.evaluate("document.activeElement.blur()")
    hers.keyboard.press("r")

    expect(hers.locator("main > form.compose textarea")).to_be_focused()
    expect(hers.locator("main > form.compose textarea")).to_have_value("")


def test_keys_on_a_page_without_rows_do_no_harm(hers):
    hers.goto("/accounts/")
    hers.keyboard.type("jkre")
    _unmoved(hers, "/accounts/")
    hers.keyboard.press("/")

    expect(hers).to_have_url(re.compile("/chats/search/"))


def test_slash_on_the_search_page_focuses_the_field_without_typing(hers):
    hers.goto("/chats/search/?q=Item")
    hers.evaluate("document.activeElement.blur()")
    hers.keyboard.press("/")

    expect(hers.get_by_role("searchbox")).to_be_focused()
    expect(hers.get_by_role("searchbox")).to_have_value("Item")


def test_escape_in_the_composer_leaves_the_field_and_keeps_its_text(hers):
    area = hers.locator("main > form.compose textarea")
    area.fill("half a text")
    area.press("Escape")

    _unmoved(hers)
    expect(area).to_have_value("half a text")
