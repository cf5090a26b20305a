"""Pages and events share one plain HTTP origin, as in compose; a browser opens six connections to it."""

import psutil
import pytest
from playwright.sync_api import expect

from tests.support.site_behind_nginx import site_behind_nginx

PAGES = ["/chats/", "/chats/unread/", "/chats/notifications/", "/chats/new/", "/chats/with/alice/"]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """Run a site behind nginx at an origin without navigator.locks."""
    with (
        django_db_blocker.unblock(),
        site_behind_nginx(tmp_path_factory.mktemp("behind"), "bobbin.test") as running,
    ):
        yield running


def _streams(site) -> int:
    return sum(
        found.status == psutil.CONN_ESTABLISHED and found.raddr and found.raddr.port == site.events
        for found in psutil.net_connections("tcp")
    )


def _open_tabs(page, count) -> list:
    tabs = [page, *(page.context.new_page() for _ in range(count - 1))]
    for number, tab in enumerate(tabs):
        tab.goto(PAGES[number % len(PAGES)])
        expect(tab.get_by_role("main")).to_be_visible()
    return tabs


def test_twelve_tabs_over_plain_http_behind_nginx_load_and_share_one_stream(
    site, open_browser, write, alice, bob
):
    his = open_browser(bob, at=site)
    write(alice, bob, "the first")
    tabs = _open_tabs(his, 12)
    assert his.evaluate("[isSecureContext, 'locks' in navigator]") == [False, False]
    for tab in tabs:
        expect(tab.locator("html")).to_have_attribute("data-live", "yes")
    assert _streams(site) == 1
    write(alice, bob, "to all of them")
    for tab in (tabs[0], tabs[5], tabs[10]):  # Inboxes.
        expect(tab.locator("#rows")).to_contain_text("to all of them")


def test_twelve_tabs_without_shared_workers_behind_nginx_load_and_open_no_stream(site, open_browser, bob):
    his = open_browser(bob, at=site)
    his.context.add_init_script("delete window.SharedWorker")
    _open_tabs(his, 12)

    assert _streams(site) == 0
