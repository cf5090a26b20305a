"""Two members in two browsers: Chromium, on a web process and an `events` process of the tests' own.

Only `make test-browser` runs these: it says where Chromium is (CHROMIUM=/usr/bin/chromium).
"""

import os
import socket
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "")
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]
# Playwright's own loop runs in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".run" / "screenshots"
# A policy that is broken is told to nobody otherwise.
REPORT = "addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective}`))"
# What Chromium says of an answer that is meant to be an error.
EXPECTED = ("responded with a status of 4", "responded with a status of 503", "net::ERR_")

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def site(django_db_setup, django_db_blocker):
    """The address of the site, and its two processes."""
    sys.path.append(str(ROOT / "scripts" / "embedded"))
    import web

    with tempfile.TemporaryDirectory(prefix="browser-", dir="/tmp") as name, django_db_blocker.unblock():
        folder = Path(name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        env = os.environ | {
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
            "STATIC_ROOT": str(folder / "static"),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEMO": "true",
        }
        import service

        service.collect_static_files(env)
        env = web.with_events(env, "127.0.0.1", port)
        processes = [
            web.start_web(env, "127.0.0.1", port, folder / "web.log"),
            web.start_events(env, "127.0.0.1", folder / "events.log"),
        ]
        yield Site(f"http://127.0.0.1:{port}", env, folder, processes)
        for process in processes:
            process.end()


class Site:
    def __init__(self, url, env, folder, processes) -> None:
        self.url, self.env, self.folder, self.processes = url, env, folder, processes

    def kill_events(self) -> None:
        """At once, and the worker with it, as when a machine is lost."""
        started = psutil.Process(self.processes[1].process.pid)
        for process in [*started.children(recursive=True), started]:
            process.kill()
        self.processes[1].process.wait()

    def start_events(self) -> None:
        import web

        self.processes[1] = web.start_events(self.env, "127.0.0.1", self.folder / "events.log")


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def faults():
    """What browsers complained of in this test: nothing."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_browser(chromium: Browser, site, browser_of, faults, transactional_db):
    """A browser of its own, in which a member is logged in."""
    contexts: list[BrowserContext] = []

    def make(user=None, **options) -> Page:
        context = chromium.new_context(
            base_url=site.url, **{"locale": "en-GB", "reduced_motion": "reduce"} | options
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(REPORT)
        if user:
            key = browser_of(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": key, "url": site.url, "httpOnly": True}])
        page = context.new_page()
        page.on("console", lambda said: _note(faults, said.type, said.text))
        page.on("pageerror", lambda error: faults.append(f"{error}"))
        return page

    yield make
    for context in contexts:
        context.close()


def _note(faults, kind: str, text: str) -> None:
    if kind == "error" and not any(expected in text for expected in EXPECTED):
        faults.append(text)


@pytest.fixture
def picture():
    """Keep what a page looks like, for people: below .run/screenshots."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, whole=True) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    return take
