"""Helpers for tests of drafts, forms and lost sessions: they type texts, and end or renew sessions."""

import re

from playwright.sync_api import expect

from accounts.models import Session
from accounts.sessions import SessionStore

DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('draft'))"
IMPORT = "address => import(address).then(() => true)"
SEND = re.compile("^(Reply|Send|Save)$")


def opened(page, address="/chats/with/bob/"):
    """Open a conversation or thread with live updates, and focus its composer."""
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-live", "yes")
    page.locator(".composer textarea").focus()
    return page


def send(page, text) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def row(page, text):
    return page.locator("li.message", has_text=text)


def expect_text(page, value) -> None:
    expect(page.locator("main > form.compose textarea")).to_have_value(value)


def type_text(page, address, text, to=None) -> None:
    page.goto(address)
    if to:
        page.get_by_label("To").fill(to)
    page.locator("main > form.compose textarea").fill(text)


def log_in_again(page, site, browser_of, user) -> None:
    key = browser_of(user).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": site.url, "httpOnly": True}])


def check_session_now(page) -> None:
    """Make the page check its session now instead of at its next poll."""
    page.evaluate("dispatchEvent(new Event('online'))")


def wait_for_module(page, name) -> str:
    """Wait until a module that the page loads later has run, and return its URL."""
    loaded = f"performance.getEntriesByType('resource').find(one => one.name.includes('/{name}.'))"
    address = page.wait_for_function(f"() => {loaded}?.name").json_value()
    page.evaluate(IMPORT, address)
    return address


def first_of(page, routes):
    """Wait until a handler of `page.route` has added a route to `routes`, and return the first one."""
    for _ in range(1_000):
        if routes:
            return routes[0]
        page.wait_for_timeout(10)
    raise AssertionError("The page requests nothing.")


def leave_composer(page) -> None:
    """Take the focus from the composer, so that single keys act on the page."""
    expect(page.locator(".composer textarea")).to_be_focused()
    page.keyboard.press("Escape")


def log_out_and_lose_texts(page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log out anyway").click()


def end_sessions() -> None:
    for key in Session.objects.values_list("pk", flat=True):
        SessionStore(key).delete(key)
