"""A conversation opens where the member left off, and more messages load while the member scrolls."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
# The scroll position at the first paint.
AT_FIRST_PAINT = """
new PerformanceObserver(() => (window.atFirstPaint ??= scrollY)).observe({type: "paint", buffered: true});
"""
# Scrolls to a place, and returns the position of the first row in the viewport.
SCROLL = (
    "top => { scrollTo(0, top); return document.querySelector('li.message').getBoundingClientRect().top }"
)


@pytest.fixture
def items(write, write_many, alice, bob):
    """Create 130 messages in one thread that alice has read: three pages."""
    root = write(bob, alice, "Item")
    items = [root, *write_many(bob, alice, 129, content="Item", parent_message=root)]
    Message.objects.mark_seen(alice, [item.pk for item in items])
    return items


@pytest.fixture(params=["conversation", "thread"])
def page(request, items):
    return "/chats/with/bob/" if request.param == "conversation" else f"/chats/thread/{items[0].pk}/"


def _row(page, message):
    return page.locator(f"#m{message.pk}")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_read_conversation_opens_with_the_newest_message_and_the_composer_in_view(
    open_browser, items, page, alice, size, script
):
    hers = open_browser(alice, viewport=size, java_script_enabled=script)
    hers.goto(page)

    expect(_row(hers, items[-1])).to_be_in_viewport(ratio=1)
    expect(hers.locator("main > form.compose textarea")).to_be_in_viewport()
    expect(hers).to_have_url(re.compile(rf"{page}\?at={items[-1].pk}#m{items[-1].pk}$"))


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("number", [12, 70])
def test_unread_conversation_opens_at_the_first_unread_message_with_room_above(
    open_browser, items, page, alice, bob, write_many, script, number
):
    new = write_many(bob, alice, number, content="New\n" * 5, parent_message=items[0])
    hers = open_browser(alice, java_script_enabled=script)
    hers.goto(page)

    expect(_row(hers, new[0])).to_be_in_viewport(ratio=1)
    expect(_row(hers, items[-1])).to_be_in_viewport()  # A part of the message before it.
    assert _row(hers, new[0]).bounding_box()["y"] < 200


@pytest.mark.parametrize("unread", [0, 12])
def test_page_has_its_place_at_the_first_paint(open_browser, items, page, alice, bob, write_many, unread):
    write_many(bob, alice, unread, content="New", parent_message=items[0])
    hers = open_browser(alice)
    hers.add_init_script(AT_FIRST_PAINT)
    hers.goto(page)
    hers.wait_for_function("() => window.atFirstPaint !== undefined")
    hers.wait_for_load_state("networkidle")

    before, after = hers.evaluate("[atFirstPaint, scrollY]")
    assert before > 0
    assert after == pytest.approx(before, abs=2)


def test_earlier_messages_load_while_scrolling_up_without_a_jump(open_browser, items, page, alice):
    hers = open_browser(alice)
    hers.goto(page)
    rows = hers.locator("li.message")
    for loaded in (100, 130):
        first = hers.locator(f"#{rows.first.get_attribute('id')}")
        before = hers.evaluate(SCROLL, 500)
        expect(rows).to_have_count(loaded)
        assert abs(first.bounding_box()["y"] - before) < 2

    expect(hers.get_by_role("link", name="Earlier messages")).to_have_count(0)
    ids = [int(pk) for pk in rows.evaluate_all("rows => rows.map(row => row.id.slice(1))")]
    assert ids == [item.pk for item in items]


def test_later_messages_load_while_scrolling_down(open_browser, items, page, alice):
    hers = open_browser(alice)
    hers.goto(f"{page}?at={items[30].pk}#m{items[30].pk}")
    rows = hers.locator("li.message")
    expect(rows).to_have_count(50)
    expect(hers.get_by_role("link", name="Later messages")).to_have_count(1)
    # The rows of a thread are so low that the five earlier messages can load, too.
    for last in (items[104], items[-1]):
        hers.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(_row(hers, last)).to_have_count(1)

    expect(hers.get_by_role("link", name="Later messages")).to_have_count(0)


def test_link_that_has_the_focus_is_not_replaced_and_works(open_browser, items, page, alice):
    hers = open_browser(alice)
    hers.goto(page)
    earlier = hers.get_by_role("link", name="Earlier messages")
    earlier.evaluate("link => link.focus({preventScroll: true})")
    hers.evaluate(SCROLL, 0)
    hers.wait_for_load_state("networkidle")
    expect(earlier).to_be_focused()
    expect(hers.locator("li.message")).to_have_count(50)
    hers.keyboard.press("Enter")

    expect(hers.locator("li.message")).to_have_count(100)


def test_failed_load_while_scrolling_says_so_and_the_link_still_works(
    open_browser, items, page, alice, bob, write_many
):
    # At the end of a page of long messages, the link is far away.
    long = write_many(bob, alice, 50, content="Item\n" * 6, parent_message=items[0])
    Message.objects.mark_seen(alice, [item.pk for item in long])
    hers = open_browser(alice)
    hers.goto(page)
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    hers.route("**/?to=*", lambda route: route.abort())
    hers.evaluate(SCROLL, 200)
    expect(hers.locator("#connection")).to_have_text("Reconnecting…")
    expect(hers.locator("li.message")).to_have_count(50)
    hers.unroute("**/?to=*")
    hers.get_by_role("link", name="Earlier messages").click()

    expect(hers.locator("li.message")).to_have_count(100)


def test_newest_message_has_no_focus_so_r_leads_to_the_composer(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.keyboard.press("r")

    expect(hers.locator("main > form.compose textarea")).to_be_focused()


@pytest.mark.parametrize("script", [True, False])
def test_first_message_opens_the_conversation_at_it(open_browser, alice, bob, script):
    hers = open_browser(alice, java_script_enabled=script)
    hers.goto("/chats/with/bob/")
    expect(hers.get_by_text("This is the beginning of your conversation with bob.")).to_be_visible()
    hers.get_by_role("textbox", name="Message").fill("the first one")
    hers.get_by_role("button", name="Send").click()

    expect(hers.locator("li.message .content")).to_have_text("the first one")
    sent = Message.objects.get()
    expect(hers).to_have_url(re.compile(rf"/chats/with/bob/\?at={sent.pk}#m{sent.pk}$"))


def test_empty_conversation_shows_what_the_counterpart_writes_and_keeps_the_text(
    open_browser, write, alice, bob
):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    hers.get_by_role("textbox", name="Message").fill("half a text")
    write(bob, alice, "I was first")

    expect(hers.locator("li.message .content")).to_have_text("I was first")
    expect(hers.get_by_role("textbox", name="Message")).to_have_value("half a text")
    hers.get_by_role("button", name="Send").click()
    expect(hers.locator("li.message .content", has_text="half a text")).to_be_visible()
