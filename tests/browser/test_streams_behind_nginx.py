"""Pages and events share one plain HTTP origin, as in compose; a browser opens six connections to it."""

import os
from types import SimpleNamespace

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import expect

from tests.support.nginx_site import free_port, nginx_before
from tests.support.running_site import static_files, web

PAGES = ["/chats/", "/chats/unread/", "/chats/notifications/", "/chats/new/", "/chats/with/alice/"]


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """Run a site behind nginx at an origin without navigator.locks; `events` is the port of live updates."""
    folder, ports = tmp_path_factory.mktemp("behind"), [str(free_port()) for _ in range(2)]
    with django_db_blocker.unblock():
        env = os.environ | {
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
            "STATIC_ROOT": static_files(),
            "ALLOWED_HOSTS": "bobbin.test",
            "PROXY_COUNT": "1",
        }
        processes = [web.start_web(env, "127.0.0.1", ports[0], folder / "web.log")]
        try:
            events = env | {"EVENTS_PORT": ports[1]}
            processes.append(web.start_events(events, "127.0.0.1", folder / "events.log"))
            with nginx_before(folder, *map(int, ports)) as port:
                yield SimpleNamespace(url=f"http://bobbin.test:{port}", events=int(ports[1]))
        finally:
            for process in processes:
                process.end()


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
