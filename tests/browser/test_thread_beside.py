"""On screens from 1,200 pixels, a thread is beside its conversation, which a script loads for reading."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import check_session_now, end_sessions, log_in_again, wait_for_module
from tests.browser.test_pages import SHIFTS

NARROWER = {"width": 1000, "height": 800}
LIVE = ("data-live", "yes")
WIDE_MIDDLE = 640
NAMED = "() => [...document.querySelectorAll('[id]')].map(({id}) => id)"


@pytest.fixture
def root(weavers, write_many, write, alice, bob):
    """Create a conversation of 50 messages that alice has read. The 30th has one reply."""
    before = write_many(bob, alice, 29, content="Before")
    root = write(bob, alice, "Which loom is free?")
    reply = write(alice, bob, "The one at the window", parent_message=root)
    after = write_many(bob, alice, 19, content="After")
    Message.objects.mark_seen(alice, [message.pk for message in (*before, root, *after)])
    assert reply.thread == root.pk
    return root


@pytest.fixture
def hers(open_wide, root):
    return opened(open_wide(f"/chats/thread/{root.pk}/"))


def opened(page):
    expect(rows(page).first).to_be_visible()
    expect(page.locator("html")).to_have_attribute(*LIVE)
    return page


def column(page):
    return page.get_by_role("complementary", name="Conversation with bob")


def rows(page):
    return column(page).get_by_role("listitem").filter(has=page.locator(".content"))


def test_conversation_is_beside_its_thread_on_wide_screens_only(open_wide, root):
    page = open_wide(f"/chats/thread/{root.pk}/", viewport=NARROWER)
    expect(page.locator("html")).to_have_attribute(*LIVE)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#around")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(rows(page)).to_have_count(50)
    boxes = [page.locator(place).bounding_box() for place in ("#beside", "#around", "main")]

    assert [box["x"] + box["width"] for box in boxes[:2]] == [box["x"] for box in boxes[1:]]
    page.set_viewport_size(NARROWER)
    expect(page.locator("#around")).to_be_hidden()


def test_conversation_has_no_second_column_of_messages(open_wide, root):
    page = open_wide()
    expect(page.locator("html")).to_have_attribute(*LIVE)

    expect(page.locator("html")).not_to_have_class(re.compile(r"\bhas-around\b"))


def test_first_message_of_the_thread_is_marked_and_in_view(hers):
    marked = column(hers).locator('[aria-current="true"]')
    expect(marked).to_contain_text("Which loom is free?")

    expect(marked).to_be_in_viewport(ratio=1)
    expect(hers.locator(".composer textarea")).to_be_focused()
    expect(hers.locator(".composer textarea")).to_be_in_viewport(ratio=1)


def test_nothing_shifts_and_no_id_is_in_the_document_twice(open_wide, root):
    page = open_wide("/chats/")
    page.context.add_init_script(SHIFTS)
    page.goto(f"/chats/thread/{root.pk}/")
    opened(page)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert sum(page.evaluate("window.shifts")) == 0
    ids = page.evaluate(NAMED)
    assert len(ids) == len(set(ids))
    expect(column(page).locator("form, button, .actions")).to_have_count(0)


def test_arrival_in_the_conversation_is_shown_at_the_end_and_stays_unread(hers, write, alice, bob):
    scroller = hers.locator("#around > div")
    scroller.evaluate("element => element.scrollTop = 0")
    top = rows(hers).first.bounding_box()["y"]
    message = write(bob, alice, "Another subject")
    expect(rows(hers).last).to_contain_text("Another subject")

    assert rows(hers).first.bounding_box()["y"] == pytest.approx(top, abs=1)
    scroller.evaluate("element => element.scrollTop = element.scrollHeight")
    expect(rows(hers).last).to_be_in_viewport()
    hers.wait_for_timeout(1_500)  # seen.js waits for 500 ms.
    message.refresh_from_db()
    assert not message.read
    expect(hers.locator("main li.message")).to_have_count(2)


def test_reply_is_sent_once_and_shown_in_both_columns(hers, root):
    hers.keyboard.type("And a text of mine")
    hers.keyboard.press("Enter")
    expect(hers.locator("main li.message:not(.is-unsent)", has_text="And a text of mine")).to_be_visible()
    expect(rows(hers).filter(has_text="And a text of mine")).to_have_count(1)

    assert Message.objects.filter(content="And a text of mine").count() == 1


def test_many_arrivals_make_few_requests(hers, write, alice, bob):
    requests = []
    hers.on("request", lambda one: "/chats/with/bob/" in one.url and requests.append(one.url))
    for number in range(15):
        write(bob, alice, f"Item {number}")
    expect(rows(hers).last).to_contain_text("Item 14")

    assert 1 <= len(requests) <= 5


def test_failed_request_leaves_the_thread_and_a_link(open_wide, root):
    page = open_wide("/chats/")
    page.route("**/chats/with/bob/**", lambda route: route.abort())
    page.goto(f"/chats/thread/{root.pk}/")
    expect(column(page)).to_contain_text("The conversation could not be loaded.")
    page.keyboard.type("Still here")
    page.keyboard.press("Enter")
    expect(page.locator("main li.message:not(.is-unsent)", has_text="Still here")).to_be_visible()
    page.unroute("**/chats/with/bob/**")
    page.get_by_role("link", name="Open the conversation").click()

    expect(page.locator(f"#m{root.pk}")).to_be_in_viewport()


def test_log_out_empties_the_column_until_its_member_returns(hers, site, browser_of, alice):
    hers.locator(".composer textarea").fill("half a text")  # Otherwise the page is loaded again.
    end_sessions()
    check_session_now(hers)
    expect(hers.get_by_role("dialog", name="You have been logged out")).to_be_visible()
    expect(hers.locator("#around")).to_have_count(0)
    log_in_again(hers, site, browser_of, alice)
    check_session_now(hers)

    expect(rows(hers)).to_have_count(50)


def test_column_shows_nothing_of_a_member_after_another_one_has_logged_in(
    hers, site, browser_of, write, alice, bob, charlie
):
    held = []
    hers.locator(".composer textarea").fill("half a text")
    hers.route("**/chats/with/bob/**", lambda route: held.append((route, route.fetch())))
    with hers.expect_request("**/chats/with/bob/**"):
        write(bob, alice, "For alice alone")
    while not held:
        hers.wait_for_timeout(10)
    log_in_again(hers, site, browser_of, charlie)
    check_session_now(hers)
    expect(hers.get_by_role("heading", name="Somebody else is logged in here")).to_be_visible()
    for route, response in held:
        assert "For alice alone" in response.text()
        route.fulfill(response=response)
        route.request.response().finished()
    hers.evaluate("fetch(location.href).then(response => response.text())")

    assert "alone" not in hers.content()
    expect(hers.locator("#around")).to_have_count(0)


@pytest.mark.parametrize("way", ["the cross", "Escape", "the name", "Back"])
def test_closed_thread_leads_to_its_place_in_the_conversation(open_wide, root, way):
    page = open_wide(f"/chats/with/bob/?at={root.pk}#m{root.pk}")
    row = page.locator(f"#m{root.pk}")
    expect(row).to_be_focused()
    row.get_by_role("link", name=re.compile("^1 reply")).click()
    opened(page)
    if way == "Escape":
        page.keyboard.press("Escape")  # Leaves the field.
        page.keyboard.press("Escape")
    elif way == "Back":
        page.go_back()
    else:
        within = page.locator(".top") if way == "the cross" else column(page)
        within.get_by_role(
            "link", name="Conversation with bob" if way == "the cross" else "bob", exact=True
        ).click()

    expect(page).to_have_url(re.compile(rf"/chats/with/bob/\?at={root.pk}#m{root.pk}$"))
    expect(row).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", level=1, name="bob")).to_be_visible()


def test_escape_closes_the_menu_and_not_the_thread(hers, root):
    hers.locator(".menu summary").click()
    wait_for_module(hers, "menu")
    expect(hers.locator(".menu > div")).to_be_visible()
    hers.keyboard.press("Escape")
    expect(hers.locator(".menu > div")).to_be_hidden()

    assert f"/chats/thread/{root.pk}/" in hers.url


def test_column_follows_the_message_field_and_the_list_in_the_order_of_tab(hers):
    order = """() => [...document.body.children].map(({id, localName}) => id || localName)
      .filter(name => ["main", "beside", "around"].includes(name))"""
    assert hers.evaluate(order) == ["main", "beside", "around"]
    hers.locator("a").first.focus()
    hers.keyboard.press("Tab")
    hers.keyboard.press("Enter")

    expect(hers.locator(".composer textarea")).to_be_focused()


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_column_has_no_accessibility_violations(
    open_wide, accessibility_reports, write, root, alice, bob, locale
):
    write(bob, alice, "unread `code`", parent_message=root)
    page = open_wide(f"/chats/thread/{root.pk}/", locale=locale)
    expect(page.locator("#around .message").first).to_be_visible()

    assert accessibility_reports(page, f"three-columns-{locale}", whole=False) == []


def test_thread_without_scripts_is_one_column(open_wide, root):
    page = open_wide(f"/chats/thread/{root.pk}/", java_script_enabled=False)
    expect(page.locator("#around")).to_have_count(0)

    box = page.get_by_role("main").bounding_box()
    assert box["x"] + box["width"] / 2 == WIDE_MIDDLE


@pytest.mark.parametrize("width", [1200, 1280, 1600])
@pytest.mark.parametrize("locale", ["en-GB", "de"])
def test_header_of_three_columns_is_one_row_in_its_place(open_wide, root, width, locale):
    page = open_wide(f"/chats/thread/{root.pk}/", viewport={"width": width, "height": 800}, locale=locale)
    expect(page.locator("#around .message").first).to_be_visible()
    main, button = (page.locator(one).bounding_box() for one in ("main", ".top .button"))

    assert page.locator(".top").bounding_box()["height"] <= 56
    assert button["x"] + button["width"] < main["x"] < page.locator("h1").bounding_box()["x"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
