"""Fixtures for browser tests: Chromium, with a web process and an `events` process for the tests.

Only `make test-browser` runs these tests. It sets the path of Chromium (CHROMIUM=/usr/bin/chromium).
"""

import os
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from messaging.models import Message
from tests.support.running_site import ROOT, running_site

CHROMIUM = os.environ.get("CHROMIUM", "")
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]
# The event loop of Playwright runs in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         # A name of this machine; over plain HTTP it is not a secure context.
         "--host-resolver-rules=MAP bobbin.test 127.0.0.1"]  # fmt: skip
# Narrower than the screens that show a thread beside its conversation (test_thread_beside.py), so that a
# message is on a page once.
WINDOW = {"width": 1180, "height": 720}
WIDE = {"width": 1280, "height": 800}
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # Rules of axe.
PICTURES = ROOT / ".run" / "screenshots"
# Reports violations of the Content Security Policy, which Playwright does not report.
REPORT = "addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective}`))"
# Console messages of Chromium about responses that are errors on purpose.
EXPECTED = ("responded with a status of 4", "responded with a status of 503", "net::ERR_",
            "Cross-Origin-Opener-Policy header has been ignored")  # fmt: skip

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def site(django_db_setup, django_db_blocker):
    """The site that most tests visit."""
    with django_db_blocker.unblock(), running_site() as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def browser_errors():
    """Collect errors of scripts and of the console; fail the test if there are any."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_browser(chromium: Browser, site, browser_of, browser_errors, transactional_db):
    """Return a function that opens a page in a separate browser context, logged in as the given user."""
    contexts: list[BrowserContext] = []

    def make(user=None, at=site, **options) -> Page:
        usual = {"locale": "en-GB", "reduced_motion": "reduce", "viewport": WINDOW}
        context = chromium.new_context(base_url=at.url, **usual | options)
        contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(REPORT)
        if user:
            key = browser_of(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": key, "url": at.url, "httpOnly": True}])
        page = context.new_page()
        page.on("console", lambda said: _note(browser_errors, said.type, said.text))
        page.on("pageerror", lambda error: browser_errors.append(f"{error}"))
        return page

    yield make
    for context in contexts:
        context.close()
    _wait_for_the_site()


def _wait_for_the_site() -> None:
    """Wait until no query runs for requests of closed pages, since the tables are emptied next."""
    busy = """SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"""
    for _ in range(40):
        time.sleep(0.05)
        with connection.cursor() as cursor:
            cursor.execute(busy)
            if cursor.fetchone() is None:
                return


def _note(browser_errors, kind: str, text: str) -> None:
    if kind == "error" and not any(expected in text for expected in EXPECTED):
        browser_errors.append(text)


@pytest.fixture
def weavers(member, write, alice, bob):
    """Create 30 conversations that alice has read, two pages of the inbox. That with bob is the latest."""
    people = [member(f"weaver{number:02}") for number in range(29)]
    sent = [write(person, alice, f"Hello from {person.username}") for person in (*people, bob)]
    Message.objects.mark_seen(alice, [message.pk for message in sent])
    return people


@pytest.fixture
def open_wide(open_browser, weavers, alice):
    """Return a function that opens a page of alice in a wide window."""

    def make(address="/chats/with/bob/", **options) -> Page:
        page = open_browser(alice, **{"viewport": WIDE} | options)
        page.goto(address)
        return page

    return make


@pytest.fixture
def picture():
    """Return a function that saves a screenshot of a page in .run/screenshots."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, whole=True) -> None:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    return take


@pytest.fixture
def accessibility_reports(picture):
    """Return a function that gives the violations that axe finds on a page in both themes."""
    axe = Axe()

    def run(page: Page, name: str, whole=True) -> list[str]:
        reports = []
        for theme, rules in (("light", {}), ("dark", {"runOnly": OF_COLOURS})):
            page.emulate_media(color_scheme=theme)
            picture(page, f"{name}-{theme}", whole)
            result = axe.run(page, options={"resultTypes": ["violations"]} | rules)
            if result.violations_count:
                reports.append(f"{theme}: {result.generate_report()}")
        return reports

    return run
