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
# Smaller are only links in a sentence or a block of text (WCAG 2.5.5, "Inline"): in the text of a message, of the help
# and of a hint, in the sentence of an empty list, and in that below a form ("New here? Sign up").
INLINE = ".content a, .empty a, .help a, .narrow > p a, main > p:not([class]) a"
# The targets that react to touches in less than 44 by 44 pixels, which are counted whole, so one may be missing.
SMALL = """inline => {
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
    return [...document.querySelectorAll(targets)].filter(isShown).map(one => [size(one), name(one)])
        .filter(([size]) => Math.min(...size) < 43).map(([size, name]) => `${name}: ${size.join(' x ')}`)
}"""


@pytest.fixture
def talk(write, alice, bob):
    """Create messages of all kinds. Return one of alice that was edited, which begins a thread."""
    for number in range(60):
        write(bob, alice, f"Number {number}")
    first = write(alice, bob, "Hello bob")
    first.edit("Hello, bob", by=alice)
    answer = write(bob, alice, "Yes", parent_message=first)
    write(bob, alice, "More " * 400, parent_message=answer)
    for _ in range(2):
        write(alice, bob, "Second of a group", parent_message=answer).edit("Edited https://example.com", by=alice)
    Message.objects.mark_conversation_read(alice, first.conversation_id, up_to=answer.pk)
    return first


@pytest.mark.parametrize("is_member", [True, False])
def test_targets_are_44_pixels_high_and_wide_on_a_touch_screen(open_browser, talk, alice, is_member):
    page, small = open_browser(alice if is_member else None, **PHONE), {}
    for address in MEMBERS if is_member else VISITORS:
        page.goto(address.format(talk.pk))
        if found := page.evaluate(SMALL, INLINE):
            small[address] = found

    assert small == {}


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
