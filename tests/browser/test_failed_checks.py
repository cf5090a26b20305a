"""Pages poll again after a failed or refused request; search results are fetched only once."""

import pytest
from playwright.sync_api import expect

LIVE = ("data-live", "yes")


def _fetches(page, path: str) -> list[str]:
    """Return a list that collects the addresses containing `path` that scripts of the page request."""
    requested: list[str] = []
    page.on(
        "request", lambda one: path in one.url and one.resource_type == "fetch" and requested.append(one.url)
    )
    return requested


@pytest.mark.parametrize("query", ["from:", "after:2026-13-01", "in:bob", "Loom", ""])
def test_search_results_are_not_fetched_again(open_browser, message, bob, query):
    his = open_browser(bob)
    requested = _fetches(his, "/chats/search/")
    his.goto(f"/chats/search/?q={query}")
    expect(his.locator("html")).to_have_attribute(*LIVE)
    with his.expect_response("**/chats/state/"):
        his.evaluate("dispatchEvent(new Event('online'))")
    his.wait_for_load_state("networkidle")

    assert requested == []


@pytest.mark.parametrize("status", [0, 429, 503])
def test_failed_refresh_is_repeated_by_the_next_check(open_browser, write, alice, bob, status):
    his = open_browser(bob)
    his.goto("/chats/")
    expect(his.locator("html")).to_have_attribute(*LIVE)
    refuse = lambda route: route.fulfill(status=status) if status else route.abort()  # noqa: E731
    his.route("**/chats/", refuse)
    write(alice, bob, "while it failed")
    said = {
        0: "Reconnecting…",
        429: "Too many requests at once.",
        503: "Reconnecting…",
    }[status]
    expect(his.locator("#connection")).to_contain_text(said)
    with his.expect_request("**/chats/"):
        his.evaluate("dispatchEvent(new Event('online'))")
    his.wait_for_load_state("networkidle")
    his.unroute("**/chats/")
    his.evaluate("dispatchEvent(new Event('online'))")

    expect(his.locator("#rows")).to_contain_text("while it failed")


@pytest.mark.parametrize("status", [429, 503])
def test_page_without_a_stream_polls_again_after_a_refusal(open_browser, write, alice, bob, status):
    his = open_browser(bob)
    his.route("**/events/**", lambda route: route.abort())
    his.clock.install()
    his.goto("/chats/")
    his.route("**/chats/state/", lambda route: route.fulfill(status=status))
    with his.expect_response("**/chats/state/"):
        his.clock.run_for(60_000)
    his.unroute("**/chats/state/")
    write(alice, bob, "after a refusal")
    his.clock.run_for(60_000)

    expect(his.locator("#rows")).to_contain_text("after a refusal")
