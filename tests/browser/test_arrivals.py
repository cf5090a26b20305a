"""The live region announces new messages: several at once, and those that came while the tab was hidden."""

from django.db import transaction
from playwright.sync_api import expect

HIDES = """
window.isHidden = false;
Object.defineProperty(document, 'hidden', {get: () => window.isHidden});
"""
HIDE = "is => { isHidden = is; document.dispatchEvent(new Event('visibilitychange')) }"


def _said(page):
    return page.get_by_role("log", name="Arrivals").locator("p")


def _open(page, address) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-live", "yes")


def test_two_arrivals_at_once_are_both_announced_and_five_are_counted(
    open_browser, write, message, alice, bob
):
    his = open_browser(bob)
    _open(his, "/chats/with/alice/")
    with transaction.atomic():
        for number in range(2):
            write(alice, bob, f"number {number}")
    expect(_said(his)).to_have_text([f"alice: number {number}" for number in range(2)])
    with transaction.atomic():
        for number in range(5):
            write(alice, bob, f"more {number}")

    expect(_said(his).last).to_have_text("5 new messages.")
    expect(_said(his)).to_have_count(3)


def test_arrival_in_a_hidden_tab_is_announced_when_it_is_shown(open_browser, write, message, alice, bob):
    message.mark_read()
    his = open_browser(bob)
    his.add_init_script(HIDES)
    _open(his, "/chats/with/alice/")
    his.evaluate(HIDE, True)
    arrived = write(alice, bob, "while hidden")
    expect(his).to_have_title("(1) alice · Bobbin")
    arrived.mark_read()  # As in another browser. The page receives this event after that of the message.
    expect(his).to_have_title("alice · Bobbin")
    assert _said(his).count() == his.locator("li.message", has_text="while hidden").count() == 0
    his.evaluate(HIDE, False)

    expect(_said(his)).to_have_text(["alice: while hidden"])
