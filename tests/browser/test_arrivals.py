"""The live region announces new messages: several at once, in hidden tabs, and just before their badge."""

import json
from pathlib import Path

import pytest
from django.db import transaction
from playwright.sync_api import expect

from tests.support.running_site import static_files

FAMILY = "👩‍👩‍👧"
HIDES = """
window.isHidden = false;
Object.defineProperty(document, 'hidden', {get: () => window.isHidden});
"""
HIDE = "is => { isHidden = is; document.dispatchEvent(new Event('visibilitychange')) }"
# Calls functions of the module of the page, with rows like those of the page.
CALL = """async ([address, calls]) => {
  const arrivals = await import(address);
  const row = (text) => {
    const row = document.createElement("li");
    row.innerHTML = "<span class='who'>bob</span><div class='content'></div>";
    row.lastChild.textContent = text;
    return row;
  };
  for (const [name, ...values] of calls)
    name === "sayArrivals" ? arrivals.sayArrivals(values.map(row)) : arrivals[name](...values);
}"""


def _said(page):
    return page.get_by_role("log").locator("p")


def _call(page, *calls) -> None:
    manifest = json.loads((Path(static_files()) / "staticfiles.json").read_text())
    page.evaluate(CALL, [f"/static/{manifest['paths']['chats/arrivals.js']}", calls])


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
    expect(_said(his)).to_have_text([f"New message from alice: number {number}" for number in range(2)])
    with transaction.atomic():
        for number in range(5):
            write(alice, bob, f"more {number}")

    expect(_said(his).last).to_have_text("5 new messages.")
    expect(_said(his)).to_have_count(3)


def test_arrival_in_a_hidden_tab_is_announced_when_it_is_shown(open_browser, write, message, alice, bob):
    his = open_browser(bob)
    his.add_init_script(HIDES)
    _open(his, "/chats/with/alice/")
    his.evaluate(HIDE, True)
    write(alice, bob, "while hidden")
    expect(his).to_have_title("(1) alice · Bobbin")
    assert _said(his).count() == his.locator("li.message", has_text="while hidden").count() == 0
    his.evaluate(HIDE, False)

    expect(_said(his)).to_have_text(["New message from alice: while hidden"])


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        # Calls, each with the milliseconds that the clock runs after it.
        ([(["sayUnread", 0, 2], 1100)], ["2 unread messages."]),
        ([(["sayUnread", 2, 1], 1100)], []),
        ([(["sayArrivals", "hi"], 50), (["sayUnread", 0, 1], 2500)], ["New message from bob: hi"]),
        ([(["sayUnread", 0, 1], 50), (["sayArrivals", "hi"], 2500)], ["New message from bob: hi"]),
        # Another badge started the delay of one second, and the message arrives at its end.
        (
            [(["sayUnread", 1, 1], 990), (["sayArrivals", "hi"], 50), (["sayUnread", 1, 2], 2500)],
            ["New message from bob: hi"],
        ),
        (
            [(["sayArrivals", "hi"], 50), (["sayUnread", 0, 2], 2500)],
            ["New message from bob: hi", "2 unread messages."],
        ),
        ([(["sayArrivals", FAMILY * 201], 0)], [f"New message from bob: {FAMILY * 200}…"]),
        ([(["sayArrivals", "😀"], 0)], ["New message from bob: 😀"]),
        ([(["sayArrivals", "<b>bold</b>"], 0)], ["New message from bob: <b>bold</b>"]),
        (
            [(["sayArrivals", f"{n}"], 0) for n in range(12)],
            [f"New message from bob: {n}" for n in range(2, 12)],
        ),
    ],
)
def test_live_region_announces_each_arrival_once(arrivals_page, calls, said):
    arrivals_page.evaluate("document.querySelector('#arrivals').replaceChildren()")
    for call, milliseconds in calls:
        _call(arrivals_page, call)
        arrivals_page.clock.run_for(milliseconds)

    expect(_said(arrivals_page)).to_have_text(said)


@pytest.fixture
def arrivals_page(open_browser, alice):
    hers = open_browser(alice)
    hers.clock.install()
    hers.route("**/chats/state/", lambda route: route.abort())  # Badges of the page itself announce nothing.
    hers.goto("/chats/")
    return hers


def test_unread_messages_are_not_announced_in_a_hidden_tab(arrivals_page):
    arrivals_page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    _call(arrivals_page, ["sayUnread", 0, 1])
    arrivals_page.clock.run_for(2500)

    expect(_said(arrivals_page)).to_have_count(0)
