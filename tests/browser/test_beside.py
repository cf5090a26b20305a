"""On wide screens, the list of conversations is in a column beside the open page."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.composing import check_session_now, log_in_again
from tests.browser.conftest import WIDE
from tests.browser.test_pages import SHIFTS

PHONE = {"width": 390, "height": 844}
LIVE = ("data-live", "yes")


def _column(page):
    return page.get_by_role("navigation", name="Conversations")


def _names(page):
    return _column(page).locator("li:visible .who")


def _scroller(page):
    return page.locator("#beside > :last-child")


@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/with/charlie/", "/chats/new/"])
def test_list_is_shown_on_a_wide_screen_and_loaded_on_no_other(open_wide, charlie, address):
    page = open_wide(address, viewport=PHONE)
    expect(page.locator("html")).to_have_attribute(*LIVE)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#beside")).to_have_count(0)
    page.set_viewport_size(WIDE)
    expect(_names(page)).to_have_count(25)
    page.set_viewport_size(PHONE)

    expect(page.locator("#beside")).to_be_hidden()


def test_other_pages_have_one_column(open_wide, weavers):
    for address in ("/chats/unread/", "/chats/search/?q=Hello", "/chats/notifications/", "/accounts/"):
        page = open_wide(address)
        expect(page.locator("html")).to_have_attribute(*LIVE)
        expect(page.locator("html")).not_to_have_class(re.compile(r"\bhas-column\b"))


def test_row_of_the_open_conversation_is_marked(open_wide, write, weavers, alice):
    page = open_wide("/chats/with/weaver20/")
    expect(_column(page).locator('[aria-current="page"] .who')).to_have_text("weaver20")
    reply = write(weavers[3], alice)
    page.goto(f"/chats/message/{reply.pk}/reply/")

    expect(_column(page).locator('[aria-current="page"] .who')).to_have_text("weaver03")


def test_filter_shows_names_with_these_letters_and_unread_the_unread(open_wide, write, weavers, alice):
    for number in (5, 17):
        write(weavers[number], alice, "unread")
    page = open_wide()
    expect(_names(page)).to_have_count(25)
    _column(page).get_by_role("button", name="Unread").click()
    expect(_names(page)).to_have_text(["weaver17", "weaver05", "bob"])  # The open one stays.
    page.get_by_role("textbox", name="Filter").fill("ER1")
    expect(_names(page)).to_have_text(["weaver17"])
    page.get_by_role("textbox", name="Filter").press("Escape")
    page.get_by_role("textbox", name="Filter").fill("nobody")
    expect(_column(page).get_by_role("status")).to_contain_text("No match among the latest conversations.")
    _column(page).get_by_role("button", name="All", exact=True).click()
    page.get_by_role("textbox", name="Filter").fill("weaver20")
    page.get_by_role("textbox", name="Filter").press("Enter")

    expect(page.get_by_role("heading", level=1, name="weaver20")).to_be_visible()


@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/"])
@pytest.mark.parametrize("is_key", [True, False])
def test_filter_without_a_match_leads_to_the_finder_while_there_are_earlier_conversations(
    open_wide, picture, address, is_key
):
    page = open_wide(address)
    field = page.get_by_role("textbox", name="Filter")
    field.fill("weaver00")  # The earliest of 30.
    more = page.get_by_role("button", name="Search all")
    expect(more).to_be_visible()
    picture(page, "filter-without-a-match", whole=False)
    if is_key:
        field.press("Enter")
    else:
        more.click()
    expect(page.locator("#finder-list a").first).to_have_text("weaver00")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/chats/with/weaver00/"))


def test_filter_without_a_match_among_all_conversations_leads_nowhere(open_wide):
    page = open_wide()
    _column(page).get_by_role("link", name="Show older").click()
    expect(_names(page)).to_have_count(30)
    page.get_by_role("textbox", name="Filter").fill("nobody")

    expect(_column(page).get_by_role("status")).to_have_text("No name here matches.")


def test_text_of_the_filter_is_above_the_link_to_older_rows_and_in_the_page_before(open_wide):
    for address in ("/chats/with/bob/", "/chats/"):
        page = open_wide(address)
        text = page.locator(".no-rows")
        expect(text).to_have_css("display", "block")
        assert text.bounding_box()["height"] == 0, address
        page.get_by_role("textbox", name="Filter").fill("nobody")
        expect(text).to_have_text("No match among the latest conversations. Search all")
        box, link = text.bounding_box(), page.locator(".older, #rows [rel=next]").bounding_box()
        assert box["y"] + box["height"] <= link["y"], address


@pytest.mark.parametrize("language", ["en", "de"])
def test_long_name_of_a_counterpart_leaves_the_header_of_a_thread_its_place(
    open_browser, member, write, alice, language
):
    name = "maximilian.freiherr.von.und.zu.lichtenstein-hohenzollern"
    message = write(member(name), alice, "The first words of a thread")
    page = open_browser(alice, viewport={"width": 960, "height": 800}, locale=language)
    page.goto(f"/chats/thread/{message.pk}/")
    link, title, brand = (page.locator(f".top {each}") for each in (".back.crumbs", "h1", ".brand"))

    assert 44 <= link.bounding_box()["width"] <= 224
    assert title.bounding_box()["width"] >= 96
    assert brand.evaluate("brand => brand.scrollWidth <= brand.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == 960


def test_arrival_moves_its_row_up_and_neither_reads_it_nor_moves_anything_else(
    open_wide, write, weavers, alice
):
    page = open_wide()
    expect(page.locator("html")).to_have_attribute(*LIVE)
    row = _column(page).get_by_role("link", name="weaver12")
    _scroller(page).evaluate("element => element.scrollTop = 700")
    row.evaluate("row => row.focus({preventScroll: true})")
    top = row.bounding_box()["y"]
    message = write(weavers[9], alice, "This moves up")
    expect(_names(page).first).to_have_text("weaver09")
    expect(_column(page).locator("li").first.locator(".badge")).to_have_text("1 unread")

    expect(row).to_be_focused()
    assert row.bounding_box()["y"] == top
    message.refresh_from_db()
    assert not message.read
    page.keyboard.press("j")
    expect(page.locator("li.message:focus")).to_have_count(1)


def test_list_stays_at_its_place_and_nothing_shifts_from_page_to_page(open_wide):
    page = open_wide()
    page.context.add_init_script(SHIFTS)
    places = []
    for address in ("/chats/", "/chats/with/bob/", "/chats/new/", "/chats/with/weaver20/"):
        page.goto(address)
        expect(page.locator(".filter")).to_be_visible()
        expect(page.locator("html")).to_have_attribute(*LIVE)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        row = page.locator("li[data-counterpart] > .row").first
        places.append([row.bounding_box(), page.locator(".filter").bounding_box()])
        assert sum(page.evaluate("window.shifts")) == 0, address

    assert places == places[:1] * 4
    last = page.locator("li[data-counterpart]").nth(11).bounding_box()
    assert last["y"] + last["height"] <= WIDE["height"]  # 12 rows.


def test_older_conversations_and_the_scroll_position_stay_on_the_next_page(open_wide):
    page = open_wide()
    _column(page).get_by_role("link", name="Show older").click()
    expect(_names(page)).to_have_count(30)
    expect(_names(page).last).to_have_text("weaver00")
    expect(_column(page).get_by_role("link", name="weaver04")).to_be_focused()
    _column(page).get_by_role("link", name="weaver01").click()
    expect(page.get_by_role("heading", level=1, name="weaver01")).to_be_visible()
    expect(_names(page)).to_have_count(30)
    expect(_column(page).get_by_role("link", name="weaver01")).to_be_in_viewport()
    page.goto("/accounts/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()

    page.wait_for_function(
        """() => ["bobbin-column", "bobbin-places"].every(key => !sessionStorage.getItem(key))"""
    )


def test_draft_of_another_conversation_is_marked(open_wide):
    page = open_wide()
    page.locator(".composer textarea").fill("half a text")
    page.goto("/chats/with/weaver20/")

    expect(_column(page).locator("li", has_text="bob").locator(".draft")).to_have_text("Draft")


def test_inbox_has_the_list_in_the_column_and_a_text_beside_it(open_wide):
    page = open_wide("/chats/")
    expect(page.get_by_text("Choose a conversation, or start a new one.")).to_be_visible()
    page.get_by_role("textbox", name="Filter").fill("weaver2")
    expect(page.locator("#rows li:visible")).to_have_count(9)
    page.keyboard.press("ArrowDown")
    for _ in range(2):
        page.keyboard.press("j")
    expect(page.locator("#rows li:visible").nth(2).get_by_role("link")).to_be_focused()
    page.set_viewport_size(PHONE)
    expect(page.get_by_text("Choose a conversation")).to_be_hidden()

    expect(page.locator("#rows li:visible")).to_have_count(25)


@pytest.mark.parametrize("address", ["/chats/", "/chats/with/bob/"])
def test_list_ends_with_the_window_also_below_a_notice(open_wide, address):
    page = open_wide(address)
    expect(page.locator(".filter")).to_be_visible()
    notice = "main => main.insertAdjacentHTML('beforebegin', '<aside class=notice>A notice</aside>')"
    page.get_by_role("main").evaluate(notice)
    box = page.locator("#rows, #beside > :last-child").bounding_box()

    assert box["y"] + box["height"] == WIDE["height"]
    assert all(button.bounding_box()["height"] < 40 for button in page.locator(".filter button").all())
    assert page.evaluate("document.documentElement.scrollHeight") == WIDE["height"]


def test_empty_inbox_has_one_column(open_browser, alice):
    page = open_browser(alice, viewport=WIDE)
    page.goto("/chats/")
    expect(page.locator("html")).to_have_attribute(*LIVE)

    assert page.get_by_role("main").bounding_box()["x"] > 100
    expect(page.locator(".filter")).to_have_count(0)


def _hold(page, route, held) -> None:
    held.append((route, route.fetch()))
    page.evaluate("window.isHeld = true")


def test_list_shows_nothing_of_a_member_after_another_one_has_logged_in(
    open_wide, site, browser_of, write, weavers, alice, charlie
):
    page, held = open_wide(), []
    expect(_names(page)).to_have_count(25)
    page.locator(".composer textarea").fill("half a text")  # Otherwise the page is loaded again.
    expect(page.locator("html")).to_have_attribute(*LIVE)
    page.route(re.compile(r"/chats/\?part=rows$"), lambda route: _hold(page, route, held))
    write(weavers[9], alice, "For alice alone")
    page.wait_for_function("() => window.isHeld")
    log_in_again(page, site, browser_of, charlie)
    check_session_now(page)
    expect(page.get_by_role("heading", name="Somebody else is logged in here")).to_be_visible()
    for route, response in held:
        assert "For alice alone" in response.text()
        route.fulfill(response=response)
        route.request.response().finished()
    # The script has handled the list before this later response.
    page.evaluate("fetch(location.href).then(response => response.text())")

    assert "weaver" not in page.content()
    log_in_again(page, site, browser_of, alice)
    check_session_now(page)
    expect(_names(page)).to_have_count(25)


def test_column_has_no_accessibility_violations(open_wide, accessibility_reports, write, weavers, alice):
    write(weavers[5], alice, "unread")
    for address in ("/chats/", "/chats/with/bob/"):
        page = open_wide(address)
        expect(page.locator(".filter")).to_be_visible()
        assert accessibility_reports(page, "two-columns", whole=False) == []


def test_column_follows_the_message_field_in_the_order_of_tab(open_wide):
    page = open_wide()
    expect(_names(page)).to_have_count(25)
    expect(page.locator(".composer textarea")).to_be_focused()
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(document.activeElement.ariaLabel || document.activeElement.innerText)")
        )

    assert [name.split("\n")[0] for name in reached] == [
        "Send",
        "Filter conversations",
        "All",
        "Unread",
        "Threads",
        "bob",
    ]


@pytest.mark.parametrize("name", ["columns", "forced"])
def test_open_conversation_is_marked_without_colors(open_wide, name):
    page = open_wide(forced_colors="active" if name == "forced" else "none")
    bar = """link => { const {borderInlineStartWidth: width, height} = getComputedStyle(link, "::after");
      return [width, parseFloat(height) > 20] }"""

    assert _column(page).locator('[aria-current="page"]').evaluate(bar) == ["3px", True]


def test_brand_on_a_narrow_screen_is_its_first_letter_and_nothing_cut_off(open_browser, message, alice):
    page = open_browser(alice, viewport={"width": 320, "height": 640})
    page.goto("/chats/")
    sizes = """brand => [getComputedStyle(brand).fontSize, getComputedStyle(brand, "::first-letter").fontSize,
      brand.scrollWidth <= brand.clientWidth]"""

    assert page.locator(".brand").evaluate(sizes) == ["0px", "20px", True]
