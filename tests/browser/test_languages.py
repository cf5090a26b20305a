"""Pages in other languages than English are accessible and complete, also the texts of their scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

DIRECTIONS = {"ar": "rtl", "de": "ltr", "es": "ltr", "fr": "ltr"}
PAGES = {
    "inbox": "/chats/",
    "unread": "/chats/unread/",
    "notifications": "/chats/notifications/",
    "conversation": "/chats/with/bob/",
    "thread": "/chats/thread/{}/",
    "new": "/chats/new/",
    "reply": "/chats/message/{}/reply/",
    "search": "/chats/search/?q=hello&order=best",
    "settings": "/accounts/",
    "delete": "/accounts/delete/",
    "help": "/help/",
    "404": "/no/page",
}
VISITORS_PAGES = {"home": "/", "login": "/accounts/login/", "sign-up": "/accounts/signup/"}
# Texts that are cut off, and those that stand out of the window.
CUT = """() => {
    const isCut = one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== 'visible'
    const isOut = ({left, right}) => left < -1 || right > innerWidth + 1
    return [...document.querySelectorAll('.brand, .top nav a, .top .button, button, .foot a, h1, h2, label')]
        .filter(one => one.offsetParent && !one.matches('.sr, .sr *'))
        .filter(one => getComputedStyle(one).fontSize !== '0px')
        .filter(one => isCut(one) || isOut(one.getBoundingClientRect()))
        .map(one => one.textContent.trim())
}"""


@pytest.fixture
def first(write, alice, bob):
    message = write(bob, alice, "Hello alice")
    write(alice, bob, "Hello bob", parent_message=message)
    return message


def _check(page, language, name, address, width, picture) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    html = page.locator("html")
    expect(html).to_have_attribute("lang", language)
    expect(html).to_have_attribute("dir", DIRECTIONS[language])
    picture(page, f"{name}-{language}-{width}", whole=False)
    faults = [f"cut: {text}" for text in page.evaluate(CUT)]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        faults.append("wider than the window")
    result = Axe().run(page, options={"resultTypes": ["violations"]})
    if result.violations_count:
        faults.append(result.generate_report())
    return [f"{name} at {width}: {fault}" for fault in faults]


@pytest.mark.parametrize("language", DIRECTIONS)
def test_pages_in_every_language_are_accessible_and_complete(open_browser, first, alice, language, picture):
    faults = []
    for user, pages in ((alice, PAGES), (None, VISITORS_PAGES)):
        page = open_browser(user, locale=language)
        for name, address in pages.items():
            for width in (390, 1280):
                faults += _check(page, language, name, address.format(first.pk), width, picture)
    assert not faults, "\n".join(faults)


def test_texts_of_scripts_are_in_the_language_of_the_page(open_browser, first, alice):
    page = open_browser(alice, locale="de-AT", viewport={"width": 390, "height": 800})
    page.goto("/chats/with/bob/")
    page.locator(".composer textarea").fill("Grüß Gott")
    page.locator(".composer button").click()
    row = page.locator("li.message:not(.is-unsent)", has_text="Grüß Gott")
    expect(row.locator(".sent")).to_have_text("gesendet")
    expect(page.locator("#arrivals")).to_contain_text("Gesendet")
    expect(page.locator(".separator:not(.new) time").last).to_have_text("Heute")


def test_member_changes_the_language_on_a_page(open_browser, first, alice):
    page = open_browser(alice)
    page.goto("/accounts/")
    page.get_by_role("link", name="Choose a language").click()
    page.get_by_role("radio", name="Français").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Paramètres")
    page.goto("/chats/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
