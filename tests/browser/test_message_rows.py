"""Rows of messages: groups, days, what is new, and actions that appear without moving anything."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from messaging.models import Message

AT = datetime(2026, 10, 28, 9, 0, tzinfo=UTC)
# The rows of a page in short: the kind of a separator, or the id of a message and + if it continues a group.
SHORT = """list => [...list.children].map(one => one.matches(".message")
  ? one.id + (one.matches(".is-more") ? "+" : "") : one.matches(".new") ? "new" : "day").join(" ")"""
FROM_SERVER = f"""async () => {{
  const html = await (await fetch(location.href)).text();
  return ({SHORT})(new DOMParser().parseFromString(html, "text/html").querySelector("ol.messages")); }}"""
LARGEST = 46_500  # Bytes of a page with 50 short messages, whose ids have 16 digits.


@pytest.fixture
def talk(write, alice, bob):
    """Create a conversation of two days in UTC, with three messages that alice has not read."""
    at = [AT, AT + timedelta(minutes=1), AT + timedelta(minutes=9), AT + timedelta(hours=14, minutes=30)]
    own = [write(alice, bob, f"own {number}", timestamp=time) for number, time in enumerate(at)]
    last = AT + timedelta(days=1)
    return own + [write(bob, alice, f"his {n}", timestamp=last + timedelta(minutes=n)) for n in range(3)]


def _short(page) -> str:
    return page.locator("ol.messages").evaluate(SHORT)


def test_server_and_script_group_alike(open_browser, talk, alice):
    first, second, third, late, *new = (f"m{message.pk}" for message in talk)
    expected = f"day {first} {second}+ {third} {late} day new {new[0]} {new[1]}+ {new[2]}+"
    hers = open_browser(alice, timezone_id="UTC")
    hers.route("**/chats/seen/", lambda route: route.abort())
    hers.goto("/chats/with/bob/")
    assert _short(hers) == expected
    assert hers.evaluate(FROM_SERVER) == expected
    expect(hers.locator(".separator").first).to_have_text("Wednesday 28 October")
    expect(hers.locator(".separator.new")).to_have_text("New since 09:00 UTC")


def test_days_are_those_of_the_browser(open_browser, talk, alice):
    hers = open_browser(alice, timezone_id="Europe/Berlin")
    hers.goto("/chats/with/bob/")
    first, second, third, late, *new = (f"m{message.pk}" for message in talk)

    assert _short(hers) == f"day {first} {second}+ {third} day {late} new {new[0]} {new[1]}+ {new[2]}+"


def test_arrival_continues_the_group_of_its_author(open_browser, write, alice, bob):
    first = write(bob, alice, "one")
    first.mark_read()
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    own = write(alice, bob, "two")
    expect(hers.locator(f"#m{own.pk}")).to_be_visible()
    more = write(alice, bob, "three")
    expect(hers.locator(f"#m{more.pk}")).to_be_visible()
    assert _short(hers) == f"day m{first.pk} m{own.pk} m{more.pk}+"
    gone = hers.locator(f"#m{own.pk}")
    own.delete()
    expect(gone).to_have_count(0)

    assert _short(hers) == f"day m{first.pk} m{more.pk}"


def test_name_and_initials_of_a_group_are_shown_once(open_browser, talk, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    first, second = (hers.locator(f"#m{message.pk}") for message in talk[:2])
    letters = "row => getComputedStyle(row.querySelector('.meta'), '::before').display"

    expect(first.locator(".who")).to_have_text("You")
    expect(second.locator(".who")).to_be_hidden()
    assert [row.evaluate(letters) for row in (first, second)] == ["grid", "none"]


def test_actions_appear_without_moving_anything(open_browser, talk, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    row = hers.locator(f"#m{talk[1].pk}")
    opacity, place = "one => getComputedStyle(one).opacity", row.bounding_box()
    assert row.locator(".actions").evaluate(opacity) == "0"
    row.hover()
    assert row.locator(".actions").evaluate(opacity) == "1"
    assert row.bounding_box() == place
    hers.mouse.move(0, 0)
    row.get_by_role("link", name="Edit").focus()

    assert row.locator(".actions").evaluate(opacity) == "1"
    assert row.bounding_box() == place


def test_button_that_unfolds_replies_is_always_visible(open_browser, write, alice, bob):
    parent = root = write(bob, alice, "root")
    for number in range(9):
        parent = write(bob, alice, f"reply {number}", parent_message=parent)
    write(bob, alice, "beside", parent_message=root)
    Message.objects.mark_conversation_read(alice, root.conversation_id, up_to=2**62)
    hers = open_browser(alice)
    hers.goto(f"/chats/thread/{root.pk}/?order=tree")
    button = hers.get_by_role("button", name="Show 5 replies")

    is_visible = "one => one.checkVisibility({ opacityProperty: true })"
    assert button.evaluate(is_visible)
    assert not hers.locator(".actions").first.evaluate(is_visible)


def test_reply_stays_visible_on_a_touch_screen_and_a_touch_shows_the_others(open_browser, talk, alice):
    hers = open_browser(alice, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    hers.goto("/chats/with/bob/")
    row = hers.locator(f"#m{talk[1].pk}")
    reply = row.get_by_role("link", name="Reply")
    expect(reply).to_be_visible()
    size = reply.bounding_box()
    assert min(size["width"], size["height"]) >= 44
    edit = row.get_by_role("link", name="Edit")  # A role is what a screen reader finds.
    assert edit.bounding_box()["width"] <= 1
    row.locator(".content").tap()

    assert edit.bounding_box()["width"] >= 44


def test_long_press_on_a_touch_screen_shows_the_actions_of_a_message(open_browser, talk, alice):
    """Headless Chromium makes no context menu of a long press, so the test dispatches its event."""
    hers = open_browser(alice, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    hers.goto("/chats/with/bob/")
    row = hers.locator(f"#m{talk[1].pk}")
    hold = "one => one.dispatchEvent(new PointerEvent('contextmenu', {pointerType: 'touch', bubbles: true}))"
    row.locator(".content").evaluate(hold)

    actions = row.locator(".actions :is(a, button)").all()
    assert [one.bounding_box()["width"] >= 44 for one in actions] == [True] * 2


def test_page_of_fifty_short_messages_is_small_and_dense(open_browser, write_many, browser_of, alice, bob):
    write_many(bob, alice, 50, content="A short message of one line")
    html = browser_of(alice).get("/chats/with/bob/").content
    hers = open_browser(alice, viewport={"width": 1280, "height": 800})
    hers.goto("/chats/with/bob/")
    hers.evaluate("scrollTo(0, document.body.scrollHeight)")
    inside = """rows => rows.filter(row => { const { top, bottom } = row.getBoundingClientRect();
      return top >= 48 && bottom <= innerHeight }).length"""

    assert len(html) <= LARGEST
    assert hers.locator("li.message").evaluate_all(inside) >= 12


def test_twelve_rows_of_the_inbox_are_in_view(open_browser, write, member, alice):
    for number in range(14):
        write(member(f"weaver{number:02}"), alice, "More words than one line can show. " * 5)
    hers = open_browser(alice, viewport={"width": 1280, "height": 800})
    hers.goto("/chats/")
    bottom = hers.locator(".rows > li").nth(11).evaluate("row => row.getBoundingClientRect().bottom")

    assert bottom <= 800


def _at_its_centre(page, link) -> bool:
    """Return whether a click on the link would reach it."""
    return link.evaluate("""link => { const { x, y, width, height } = link.getBoundingClientRect();
        return document.elementFromPoint(x + width / 2, y + height / 2) === link }""")


@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("is_touch", [False, True])
def test_actions_of_an_edited_message_do_not_cover_the_link_to_its_history(
    open_browser, write, alice, bob, picture, width, is_touch
):
    write(bob, alice, "First of a group")
    message = write(bob, alice, "Second")
    message.edit("Changed", by=bob)
    touch = {"has_touch": True, "is_mobile": True} if is_touch else {}
    hers = open_browser(alice, viewport={"width": width, "height": 720}, **touch)
    hers.goto("/chats/with/bob/")
    row = hers.locator(f"#m{message.pk}.is-more")
    (row.locator(".content").tap if is_touch else row.hover)()
    expect(row.locator(".actions")).to_have_css("opacity", "1")
    picture(hers, f"edited-{width}-{is_touch}", whole=False)

    assert _at_its_centre(hers, row.locator(".edited"))
