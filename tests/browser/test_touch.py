"""On a touch screen, controls are as large as a finger needs."""

import pytest
from playwright.sync_api import expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MEMBERS = (
    "/chats/", "/chats/new/", "/chats/notifications/", "/chats/search/?q=Hello&with=bob", "/chats/with/bob/",
    "/chats/message/{}/reply/", "/accounts/", "/accounts/password/", "/accounts/language/",
)  # fmt: skip
VISITORS = ("/", "/accounts/login/", "/accounts/signup/", "/help/")
# The texts of visible controls that are less than 44 px high. Links inside a sentence may be.
SMALL = """() => {
    const isShown = one => one.checkVisibility({ opacityProperty: true }) && !one.closest('.sr')
    const controls = '.top :is(a, button, summary), .foot :is(a, button), .button, button, select,'
        + 'input:not([type=radio], [type=checkbox]), .crumbs a, form > button + a, .sections a'
    return [...document.querySelectorAll(controls)]
        .filter(one => isShown(one) && getComputedStyle(one).clipPath === 'none')
        .filter(one => one.getBoundingClientRect().height < 43.5)
        .map(one => one.textContent.trim() || one.id || one.className)
}"""


@pytest.mark.parametrize("is_member", [True, False])
def test_controls_are_44_pixels_high_on_a_touch_screen(open_browser, write, alice, bob, is_member):
    message = write(bob, alice, "Hello alice")
    page, small = open_browser(alice if is_member else None, **PHONE), {}
    for address in MEMBERS if is_member else VISITORS:
        page.goto(address.format(message.pk))
        if found := page.evaluate(SMALL):
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
