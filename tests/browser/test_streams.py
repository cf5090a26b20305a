"""Open tabs share one event stream, so that they do not exhaust the connections of the browser."""

from types import SimpleNamespace

import psutil
import pytest
from playwright.sync_api import expect

LIVE = "yes"


@pytest.fixture
def plain_site(site):
    """Return the site at a plain HTTP origin that is not secure, where navigator.locks does not exist."""
    return SimpleNamespace(url=site.url.replace("127.0.0.1", "bobbin.test"), env=site.env)


def _streams(site) -> int:
    port = int(site.env["EVENTS_PORT"])
    return sum(
        found.status == psutil.CONN_ESTABLISHED and found.raddr and found.raddr.port == port
        for found in psutil.net_connections("tcp")
    )


def _open_tabs(page, count) -> list:
    tabs = [page, *(page.context.new_page() for _ in range(count - 1))]
    for tab in tabs:
        tab.goto("/chats/")
        expect(tab.locator("html")).to_have_attribute("data-live", LIVE)
    return tabs


def test_eight_tabs_over_plain_http_share_one_stream(plain_site, open_browser, write, alice, bob):
    his = open_browser(bob, at=plain_site)
    his.goto("/chats/")
    assert his.evaluate("[isSecureContext, 'locks' in navigator]") == [False, False]
    tabs = _open_tabs(his, 8)
    assert _streams(plain_site) == 1
    write(alice, bob, "to all of them")
    for tab in tabs:
        expect(tab.locator("#rows")).to_contain_text("to all of them")
    tabs[0].close()
    write(alice, bob, "without the first")

    expect(tabs[-1].locator("#rows")).to_contain_text("without the first")
    assert _streams(plain_site) == 1


def test_tabs_of_a_browser_without_shared_workers_open_no_stream(plain_site, open_browser, write, alice, bob):
    his = open_browser(bob, at=plain_site)
    his.context.add_init_script("delete window.SharedWorker")
    his.goto("/chats/")
    his.wait_for_load_state("networkidle")
    assert _streams(plain_site) == 0
    expect(his.locator("html")).not_to_have_attribute("data-live", LIVE)


def test_eight_tabs_with_locks_share_one_stream(site, open_browser, bob):
    before = _streams(site)
    tabs = _open_tabs(open_browser(bob), 8)

    assert _streams(site) == before + 1
    tabs[0].close()
    expect(tabs[1].locator("html")).to_have_attribute("data-live", LIVE)
