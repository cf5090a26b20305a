"""The composer stays at the end of the window, and the page follows what is sent and what arrives."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TOP = "form => form.getBoundingClientRect().top"
BOX = """form => { const { top, bottom } = form.getBoundingClientRect();
  return { top, below: innerHeight - bottom, height: bottom - top } }"""
AT_END = "() => document.documentElement.scrollHeight - innerHeight - scrollY < 2"
TEN_LINES = "\n".join(f"line {number}" for number in range(10))
# Records every position of the composer that a frame has shown.
WATCH = """() => { window.tops = new Set(); requestAnimationFrame(function note() {
  window.tops.add(Math.round(document.querySelector(".composer").getBoundingClientRect().top));
  requestAnimationFrame(note) }) }"""


@pytest.fixture
def items(write_many, alice, bob):
    items = write_many(bob, alice, 40, content="Item")
    Message.objects.mark_seen(alice, [message.pk for message in items])
    return items


@pytest.fixture
def hers(open_browser, items, alice):
    return opened(open_browser(alice))


def opened(page, address="/chats/with/bob/"):
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-live", "yes")
    return page


def to_end(page) -> None:
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function(AT_END)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (320, 640), (390, 420)])
@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/thread/{}/"])
def test_composer_is_one_line_at_the_end_of_the_window(
    open_browser, items, alice, address, width, height, picture
):
    hers = open_browser(alice, viewport={"width": width, "height": height})
    opened(hers, address.format(items[0].pk))
    box = hers.locator(".composer").evaluate(BOX)
    picture(
        hers, f"composer-{'thread' if 'thread' in address else 'conversation'}-{width}-{height}", whole=False
    )

    assert abs(box["below"]) < 1
    assert box["height"] < 70
    assert hers.evaluate("document.documentElement.scrollWidth") == width


def test_composer_of_a_short_conversation_is_at_the_end_of_the_window(open_browser, message, bob):
    his = opened(open_browser(bob), "/chats/with/alice/")

    assert abs(his.locator(".composer").evaluate(BOX)["below"]) < 1


def test_composer_does_not_move_over_ten_sends_and_arrivals(hers, write, alice, bob):
    to_end(hers)
    hers.evaluate(WATCH)
    for number in range(10):
        hers.keyboard.type(f"number {number}")
        hers.keyboard.press("Control+Enter")
        expect(
            hers.locator("li.is-mine:not(.is-unsent) .content", has_text=f"number {number}")
        ).to_be_in_viewport()
        arrived = write(bob, alice, TEN_LINES)
        expect(hers.locator(f"#m{arrived.pk}")).to_be_in_viewport()
        hers.wait_for_function(AT_END)

    assert len(hers.evaluate("[...window.tops]")) == 1


def test_composer_grows_with_its_text_to_a_part_of_the_window(hers):
    area = hers.locator(".composer textarea")
    one = area.bounding_box()["height"]
    area.fill("one\ntwo\nthree")
    three = area.bounding_box()["height"]
    area.fill("line\n" * 60)
    most = area.bounding_box()["height"]
    area.fill("")

    assert one < three < most
    assert 0.3 < most / 720 < 0.45
    assert area.bounding_box()["height"] == one
    assert abs(hers.locator(".composer").evaluate(BOX)["below"]) < 1


def test_growing_text_keeps_the_end_of_the_conversation_in_view(hers, items):
    to_end(hers)
    hers.locator(".composer textarea").fill("line\n" * 8)

    hers.wait_for_function(AT_END)
    expect(hers.locator(f"#m{items[-1].pk}")).to_be_in_viewport()


def test_smaller_window_keeps_the_end_of_the_conversation_in_view(hers, items):
    """As when the keyboard of a touch screen opens."""
    to_end(hers)
    hers.set_viewport_size({"width": 1280, "height": 400})

    hers.wait_for_function(AT_END)
    assert abs(hers.locator(".composer").evaluate(BOX)["below"]) < 1


def test_composer_has_the_focus_on_a_desktop_without_a_scroll(hers):
    expect(hers.locator(".composer textarea")).to_be_focused()
    hers.keyboard.type("jkr")

    expect(hers.locator(".composer textarea")).to_have_value("jkr")


def test_composer_has_no_focus_on_a_touch_screen(open_browser, items, alice):
    hers = opened(open_browser(alice, **PHONE))

    assert hers.evaluate("document.activeElement.tagName") == "BODY"


def test_message_of_the_address_keeps_the_focus_unless_it_is_the_newest(open_browser, items, alice):
    hers = open_browser(alice)
    opened(hers, f"/chats/with/bob/?at={items[20].pk}#m{items[20].pk}")
    expect(hers.locator(f"#m{items[20].pk}")).to_be_focused()
    hers.keyboard.press("j")
    expect(hers.locator(f"#m{items[21].pk}")).to_be_focused()
    hers.goto("about:blank")
    opened(hers, f"/chats/with/bob/?at={items[-1].pk}#m{items[-1].pk}")

    expect(hers.locator(".composer textarea")).to_be_focused()


def test_focused_row_is_never_behind_the_composer(hers, items):
    hers.keyboard.press("Escape")
    hers.evaluate("scrollTo(0, 0)")
    for _ in range(15):
        hers.keyboard.press("j")
    row = hers.locator("li.message:focus")
    expect(row).to_have_count(1)

    assert row.evaluate("row => row.getBoundingClientRect().bottom") <= hers.locator(".composer").evaluate(
        TOP
    )


def test_page_keys_scroll_the_messages_while_the_field_is_empty(hers):
    to_end(hers)
    before = hers.evaluate("scrollY")
    hers.keyboard.press("PageUp")
    hers.wait_for_function(f"() => scrollY < {before} - 300")
    hers.keyboard.press("PageDown")

    hers.wait_for_function(AT_END)


def test_arrival_outside_the_window_stays_unread_and_is_counted(hers, write, alice, bob):
    hers.evaluate("scrollTo(0, 0)")
    arrived = [write(bob, alice, f"new {number}") for number in range(3)]
    pill = hers.locator(".pill")
    expect(pill).to_have_text("↓ 3 new")
    hers.wait_for_timeout(1_500)  # After this time, visible messages have been reported.
    assert hers.evaluate("scrollY") == 0
    assert Message.unread.count() == 3
    pill.click()
    expect(hers.locator(f"#m{arrived[0].pk}")).to_be_focused()
    expect(hers.locator(f"#m{arrived[0].pk}")).to_be_in_viewport()
    expect(pill).to_be_hidden()

    expect(hers.locator('[data-badge="unread"]')).to_have_count(0)
    assert Message.unread.count() == 0


def test_arrival_at_the_end_of_the_page_shows_no_button_and_is_read(hers, write, alice, bob):
    to_end(hers)
    with hers.expect_response(lambda answer: answer.url.endswith("/seen/") and answer.ok):
        arrived = write(bob, alice, TEN_LINES)
    expect(hers.locator(f"#m{arrived.pk}")).to_be_in_viewport()

    expect(hers.locator(".pill:visible")).to_have_count(0)
    assert Message.unread.count() == 0


def test_later_page_that_is_loaded_at_the_end_does_not_scroll(open_browser, write_many, alice, bob):
    items = write_many(bob, alice, 120, content="Item")
    hers = opened(open_browser(alice), f"/chats/with/bob/?from={items[0].pk}")
    before = hers.evaluate("() => { scrollTo(0, document.body.scrollHeight); return scrollY }")
    expect(hers.locator(f"#m{items[70].pk}")).to_be_attached()

    assert hers.evaluate("scrollY") == before


def test_composer_of_an_empty_conversation_has_the_focus_and_sends_by_enter(open_browser, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    expect(hers.locator(".composer textarea")).to_be_focused()
    hers.keyboard.type("the first one")
    hers.keyboard.press("Enter")

    expect(hers.locator(".message:not(.is-unsent) .content", has_text="the first one")).to_be_visible()


def test_composer_without_javascript_sends(open_browser, items, alice):
    hers = open_browser(alice, java_script_enabled=False)
    hers.goto("/chats/with/bob/")
    assert hers.locator(".composer").bounding_box()["height"] < 70
    hers.get_by_role("textbox", name="Message").fill("by hand")
    hers.get_by_role("button", name="Send").click()

    expect(hers.locator(".message:not(.is-unsent) .content", has_text="by hand")).to_be_visible()


@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/thread/{}/"])
def test_enter_sends_and_shift_enter_makes_a_line(open_browser, items, alice, address):
    hers = opened(open_browser(alice), address.format(items[0].pk))
    hers.keyboard.type("first")
    hers.keyboard.press("Shift+Enter")
    hers.keyboard.type("second")
    hers.keyboard.press("Enter")

    expect(hers.locator("li.is-mine .content")).to_have_text("first\nsecond")


def test_enter_makes_a_line_after_its_switch_was_turned_off(hers):
    hers.keyboard.press("Escape")
    hers.keyboard.press("?")
    hers.get_by_role("checkbox", name="Enter sends").uncheck()
    hers.keyboard.press("Escape")
    hers.reload()
    hers.locator(".composer textarea").press("Enter")
    expect(hers.locator(".composer textarea")).to_have_value("\n")
    hers.keyboard.type("sent")
    hers.keyboard.press("Control+Enter")

    expect(hers.locator("li.is-mine .content")).to_have_text("\nsent")


def test_enter_on_a_touch_screen_makes_a_line(open_browser, items, alice):
    hers = opened(open_browser(alice, **PHONE))
    hers.locator(".composer textarea").tap()
    hers.keyboard.type("first")
    hers.keyboard.press("Enter")

    expect(hers.locator(".composer textarea")).to_have_value("first\n")
    assert not Message.objects.filter(sender=alice).exists()


@pytest.mark.parametrize("address", ["new/", "message/{}/reply/", "message/{}/edit/"])
def test_enter_sends_on_a_page_without_messages(open_browser, write, alice, bob, address):
    own = write(alice, bob, "before")
    hers = open_browser(alice)
    hers.goto("/chats/" + address.format(own.pk))
    if address == "new/":
        hers.get_by_label("To").fill("bob")
    field = hers.locator("form.compose textarea")
    field.fill("after")
    field.press("Enter")

    expect(hers.locator("li.is-mine .content", has_text="after")).to_be_visible()
    assert Message.objects.filter(content="after").count() == 1


def test_enter_on_a_touch_screen_makes_a_line_on_a_page_without_messages(open_browser, alice, bob):
    hers = open_browser(alice, **PHONE)
    hers.goto("/chats/new/")
    field = hers.locator("form.compose textarea")
    field.fill("first")
    field.press("Enter")

    expect(field).to_have_value("first\n")


def test_enter_in_the_name_of_the_receiver_sends_no_empty_message(open_browser, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/new/")
    hers.get_by_label("To").fill("bob")
    hers.get_by_label("To").press("Enter")

    expect(hers.locator("form.compose textarea")).to_be_focused()
    assert not Message.objects.exists()
