"""On a touch screen, controls are as large as a finger needs."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MEMBERS = (
    "/chats/", "/chats/unread/", "/chats/threads/", "/chats/new/", "/chats/notifications/",
    "/chats/notifications/?before={}", "/chats/search/?q=Hello&with=bob", "/chats/search/?q=nothing",
    "/chats/with/bob/", "/chats/with/bob/?to={}", "/chats/thread/{}/", "/chats/thread/{}/?order=tree",
    "/chats/message/{}/reply/", "/chats/message/{}/edit/", "/chats/message/{}/history/", "/accounts/",
    "/accounts/password/", "/accounts/language/", "/accounts/time-zone/", "/accounts/delete/", "/help/",
    "/no/page",
)  # fmt: skip
VISITORS = ("/", "/accounts/login/", "/accounts/signup/", "/accounts/language/", "/help/", "/no/page")
# Smaller are only links in a sentence or a block of text (WCAG 2.5.5, "Inline"): in the text of a message, of
# the help and of a hint, in the sentence of an empty list, and in that below a form ("New here? Sign up").
INLINE = ".content a, .empty a, .help a, .narrow > p a, main > p:not([class]) a"
# Targets that react to touches in less than 44 by 44 pixels. Whole pixels are counted, so one may be missing.
SMALL = """([inline, within]) => {
    const targets = 'a[href], button, summary, select, textarea, input:not([type=hidden])'
    const isShown = one => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
        && !one.closest('.sr, .skip') && getComputedStyle(one).clipPath === 'none' && !one.matches(inline)
    const isHit = (one, x, y) => {
        const at = document.elementFromPoint(x, y)
        return at !== null && (one.contains(at) || at.closest('label')?.control === one)
    }
    const reach = (one, x, y, right, down) => {
        let pixels = 0
        while (pixels < 44 && isHit(one, x + right * (pixels + 1), y + down * (pixels + 1))) pixels += 1
        return pixels
    }
    const size = one => {
        one.scrollIntoView({ block: 'center', behavior: 'instant' })
        const [{ left, top, width, height }] = one.getClientRects()
        const [x, y] = [left + width / 2, top + height / 2]
        if (!isHit(one, x, y)) return [0, 0]
        return [[1, 0], [0, 1]].map(([right, down]) =>
            reach(one, x, y, right, down) + reach(one, x, y, -right, -down) + 1)
    }
    const name = one => (one.textContent.trim() || one.id || one.className).slice(0, 40)
    const shown = [...document.querySelector(within).querySelectorAll(targets)].filter(isShown)
    return shown.map(one => [size(one), name(one)])
        .filter(([size]) => Math.min(...size) < 43).map(([size, name]) => `${name}: ${size.join(' x ')}`)
}"""


EDIT = ".actions a[href$='/edit/']"
# Whether the actions of a row cover no other part of it, and no other row.
IS_FREE = """actions => {
    const box = actions.getBoundingClientRect()
    const row = actions.parentElement
    const rows = [row.previousElementSibling, row.nextElementSibling]
    const parts = [...rows, ...row.querySelectorAll('.meta > *, .content')]
    return parts.filter(Boolean).map(part => part.getBoundingClientRect()).every(part =>
        part.bottom <= box.top || part.top >= box.bottom || part.right <= box.left || part.left >= box.right)
}"""


@pytest.fixture
def talk(write, alice, bob):
    """Create messages of all kinds. Return one of alice that was edited, which begins a thread."""
    for number in range(30):
        write(bob, alice, f"Number {number}")
    parent = first = write(alice, bob, "Hello bob")
    first.edit("Hello, bob", by=alice)
    for number in range(9):
        parent = write(bob, alice, f"Reply {number}", parent_message=parent)
    write(bob, alice, "More " * 400, parent_message=first)
    for _ in range(2):
        write(alice, bob, "Second of a group", parent_message=parent).edit(
            "See https://example.com", by=alice
        )
    Message.objects.mark_conversation_read(alice, first.conversation_id, up_to=parent.pk)
    return first


@pytest.fixture
def hers(open_browser, talk, alice):
    """Open the conversation on a phone."""
    page = open_browser(alice, **PHONE)
    page.goto("/chats/with/bob/")
    return page


@pytest.mark.parametrize("is_member", [True, False])
def test_targets_are_44_pixels_high_and_wide_on_a_touch_screen(open_browser, talk, alice, is_member):
    page, small = open_browser(alice if is_member else None, **PHONE), {}
    for address in MEMBERS if is_member else VISITORS:
        page.goto(address.format(talk.pk))
        if found := page.evaluate(SMALL, [INLINE, "body"]):
            small[address] = found

    assert small == {}


@pytest.mark.parametrize(("touched", "shown"), [("#m{} .content", "#m{}"), (".menu summary", ".menu")])
def test_targets_that_a_touch_shows_are_44_pixels_high_and_wide(hers, talk, touched, shown):
    hers.locator(touched.format(talk.pk)).tap()
    expect(hers.locator(f"{shown.format(talk.pk)} {EDIT}, .menu[open]")).to_be_visible()

    assert hers.evaluate(SMALL, [INLINE, shown.format(talk.pk)]) == []


@pytest.mark.parametrize("place", [0, 5, -1])
def test_actions_of_a_touched_message_cover_nothing(hers, picture, place):
    row = hers.locator("li.message").nth(place)
    row.tap(position={"x": 60, "y": 8})
    picture(hers, f"touched-{place}", whole=False)

    assert row.locator(".actions").bounding_box()["width"] > 88
    assert row.locator(".actions").evaluate(IS_FREE)
    expect(row.locator(".actions")).to_be_in_viewport(ratio=1)


def test_second_tap_on_the_newest_message_opens_nothing(hers):
    newest = hers.locator("li.message .content").last
    box = newest.bounding_box()
    for _ in range(2):
        hers.touchscreen.tap(box["x"] + 30, box["y"] + 8)
        hers.wait_for_timeout(100)

    expect(hers.locator("li.message").last.locator(".actions")).to_be_in_viewport(ratio=1)
    expect(hers.locator("li.message form")).to_have_count(0)


@pytest.mark.parametrize("action", ["edit", "reply"])
@pytest.mark.parametrize("height", [844, 420])
def test_form_in_the_newest_message_is_in_view_with_its_buttons(open_browser, talk, alice, action, height):
    page = open_browser(alice, **PHONE | {"viewport": {"width": 390, "height": height}})
    page.goto("/chats/with/bob/")
    row = page.locator("li.message.is-mine").last
    row.locator(".content").tap(position={"x": 8, "y": 8})  # Not on the link in it.
    row.locator(f".actions a[href$='/{action}/']").tap()

    buttons = row.locator("form button")
    expect(buttons).to_have_count(2)
    for button in (buttons.first, buttons.last):
        end = button.evaluate("button => button.getBoundingClientRect().bottom")
        assert end <= page.locator("main > .composer").bounding_box()["y"]


def test_text_of_a_touched_message_stays_where_it_was_touched(hers):
    for place in (20, 24, 22):
        content = hers.locator("li.message .content").nth(place)
        content.evaluate("content => content.scrollIntoView({ block: 'center' })")
        before = content.bounding_box()
        content.tap()
        assert content.bounding_box() == before

    expect(hers.locator(".is-chosen")).to_have_count(1)


@pytest.mark.parametrize("is_touched", [False, True])
def test_touch_of_reply_opens_its_form_and_marks_nothing(hers, is_touched):
    row = hers.locator("li.message:not(.is-mine)").nth(20)
    if is_touched:
        row.locator(".content").tap(position={"x": 8, "y": 8})  # Not on the link in it.
    row.get_by_role("link", name="Reply").tap()

    expect(row.locator("form.compose textarea")).to_be_focused()
    assert Message.objects.get(pk=row.get_attribute("id")[1:]).read


def test_touch_of_a_message_without_javascript_shows_its_actions(open_browser, talk, alice):
    hers = open_browser(alice, java_script_enabled=False, **PHONE)
    hers.goto("/chats/with/bob/")
    row = hers.locator(f"#m{talk.pk}")
    row.locator(".content").tap(position={"x": 8, "y": 8})  # Not on the link in it.
    row.locator(EDIT).tap()

    expect(hers.get_by_role("heading", name="Edit")).to_be_visible()


def test_notification_opens_by_a_touch_of_its_excerpt(open_browser, write, alice, bob):
    write(bob, alice, "Hello alice")
    hers = open_browser(alice, **PHONE)
    hers.goto("/chats/notifications/")
    hers.locator("[data-notification] .excerpt").tap(force=True)

    expect(hers.get_by_role("heading", level=1, name="bob")).to_be_visible()


def test_text_of_one_line_is_in_the_middle_of_its_row_on_a_touch_screen(open_browser, write, alice, bob):
    write(bob, alice, "First of a group")
    last = write(bob, alice, "ok")
    hers = open_browser(alice, **PHONE)
    hers.goto("/chats/with/bob/")
    row, text = (hers.locator(f"#m{last.pk}{part}").bounding_box() for part in ("", " .content"))

    assert abs((row["y"] + row["height"] / 2) - (text["y"] + text["height"] / 2)) <= 1
