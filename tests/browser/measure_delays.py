"""The delays that members notice, in Chromium on the loopback address. `make bench-browser` prints them."""

import statistics
import time

import pytest
from playwright.sync_api import expect

ROUNDS = 40
# Times of clicks and keys, and of the frames after new rows, in milliseconds since 1970.
CLOCK = """
const now = () => performance.timeOrigin + performance.now();
const keep = () => sessionStorage.setItem("began", now());
addEventListener("click", keep, true);
addEventListener("keydown", keep, true);
window.shownAt = [];
document.addEventListener("DOMContentLoaded", () => {
  const messages = document.querySelector("ol.messages");
  const isRow = (node) => node.matches?.("li.message");
  const added = (all) => all.some(({ addedNodes }) => [...addedNodes].some(isRow));
  const watch = (all) => added(all) && requestAnimationFrame(() => shownAt.push(now()));
  if (messages) new MutationObserver(watch).observe(messages, { childList: true });
});
"""
BEGAN = "Number(sessionStorage.getItem('began'))"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]"


def _report(name: str, delays: list[float]) -> None:
    p95 = statistics.quantiles(delays, n=20)[-1]
    print(f"\n{name}: median {statistics.median(delays):.0f} ms, p95 {p95:.0f} ms ({len(delays)} times)")


@pytest.fixture
def hers(open_wide):
    page = open_wide("/chats/")
    page.add_init_script(CLOCK)
    page.goto("/chats/with/bob/")
    expect(page.locator("#beside li").first).to_be_visible()
    return page


def test_switch_of_conversations(hers):
    """From the click on a row of the column to the first paint of the conversation."""
    delays = []
    for number in range(ROUNDS):
        name = ("bob", "weaver28")[(number + 1) % 2]
        hers.locator(f'#beside [data-counterpart="{name}"] a').click()
        expect(hers.locator(f'ol.messages[data-with="{name}"]')).to_be_visible()
        hers.wait_for_function(f"() => {PAINT}")
        delays.append(hers.evaluate(f"performance.timeOrigin + {PAINT}.startTime - {BEGAN}"))
        expect(hers.locator("#beside li").first).to_be_visible()
    _report("Another conversation", delays)


def test_own_message(hers):
    """From the key to the frame with the row of the message, which is marked as being sent."""
    delays = []
    for number in range(ROUNDS):
        hers.evaluate("shownAt.length = 0")
        hers.locator(".composer textarea").fill(f"Message {number}")
        hers.keyboard.press("Control+Enter")
        hers.wait_for_function("() => shownAt.length")
        delays.append(hers.evaluate(f"shownAt[0] - {BEGAN}"))
        expect(hers.locator("li.is-unsent")).to_have_count(0)
    _report("The own message", delays)


def test_arrival(hers, write, bob, alice):
    """From the commit to the frame with the row of the message."""
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    delays = []
    for number in range(ROUNDS):
        hers.evaluate("shownAt.length = 0")
        write(bob, alice, f"Arrival {number}")
        at = time.time() * 1000
        hers.wait_for_function("() => shownAt.length")
        delays.append(hers.evaluate("shownAt[0]") - at)
        time.sleep(0.4)
    _report("An arrival", delays)
