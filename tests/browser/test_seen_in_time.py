"""Which messages a page reports as seen, when, and how often. The clock of the page is moved by the test."""

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from messaging.models import Message


def _unread() -> list[str]:
    return list(Message.unread.order_by("pk").values_list("content", flat=True))


@pytest.fixture
def long_page(alice, bob, write_many):
    return write_many(alice, bob, 30, content="word\n" * 15)


@pytest.fixture
def his(open_browser, bob):
    """A page with a clock that only the test moves. `his.reports` are the ids of each report."""
    page = open_browser(bob)
    now = datetime.now()
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=1))  # Until then it would run by itself, too.
    page.reports = []
    ids = lambda request: parse_qs(request.post_data, keep_blank_values=True)["ids"][0].split(",")  # noqa: E731
    page.on("request", lambda one: page.reports.append(ids(one)) if one.url.endswith("/seen/") else None)
    return page


def _observe(page) -> None:
    """Wait until the observers of the page have run."""
    page.evaluate("new Promise(done => new IntersectionObserver(done).observe(document.body))")


def _run(page, milliseconds) -> None:
    _observe(page)
    page.clock.run_for(milliseconds)


def test_message_that_is_scrolled_past_stays_unread(his, long_page):
    his.goto("/chats/with/alice/")
    for place in (15, 29):
        his.locator(f"#m{long_page[place].pk}").evaluate("row => row.scrollIntoView()")
        _run(his, 300)
    # A page that was hidden for a moment begins again, but only with the rows that are visible now.
    his.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    for _ in range(3):
        _run(his, 1_000)
    his.wait_for_load_state("networkidle")

    read = set(Message.objects.filter(read=True).values_list("pk", flat=True))
    assert long_page[29].pk in read
    assert not read & {message.pk for message in long_page[:20]}


def test_messages_seen_together_are_reported_once(his, write, alice, bob):
    read = write(alice, bob, "read before")
    Message.objects.mark_seen(bob, [read.pk])
    own = write(bob, alice, "his own")
    new = [str(write(alice, bob, f"new {number}").pk) for number in range(3)]
    his.goto("/chats/with/alice/")
    for _ in range(4):
        _run(his, 600)
    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    for where in (f"#m{own.pk}", "form.compose", f"#m{new[0]}"):
        his.locator(where).first.evaluate(
            "one => { document.body.style.paddingTop = '3000px'; scrollTo(0, 0) }"
        )
        _run(his, 1_000)
        his.evaluate("document.body.style.paddingTop = ''")
        _run(his, 1_000)
    _run(his, 11_000)

    assert his.reports == [new]


def test_covered_page_reports_nothing_until_the_session_is_checked(his, message):
    his.route("**/chats/state/", lambda route: route.abort())
    his.add_init_script("document.documentElement?.classList.add('is-checking')")
    his.goto("/chats/with/alice/")
    his.evaluate("document.documentElement.classList.add('is-checking')")
    for _ in range(3):
        _run(his, 1_000)
    assert his.reports == []
    his.unroute("**/chats/state/")
    his.evaluate("dispatchEvent(new Event('online'))")
    expect(his.locator("html.is-checking")).to_have_count(0)
    _run(his, 1_000)

    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    assert his.reports == [[str(message.pk)]]


def test_message_seen_just_before_the_page_is_left_is_read(his, message):
    his.goto("/chats/with/alice/")
    _run(his, 550)  # It was seen, and its report is due in 150 ms.
    assert his.reports == []
    his.goto("/chats/new/")
    for _ in range(100):  # The browser may send the report after the next page has loaded.
        if not _unread():
            break
        his.wait_for_timeout(50)

    assert _unread() == []


def test_page_that_is_left_without_a_new_message_reports_nothing(his, message):
    message.mark_read()
    his.goto("/chats/with/alice/")
    _run(his, 1_000)
    his.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    his.wait_for_load_state("networkidle")
    his.wait_for_timeout(100)

    assert his.reports == []


def test_message_marked_as_unread_before_its_report_is_not_reported(his, write, alice, bob):
    left, seen = write(alice, bob, "read it later"), write(alice, bob, "read it now")
    tokens = []
    his.route("**/chats/new/", lambda route: tokens.append(route))  # A button first fetches a new token.
    his.goto("/chats/with/alice/")
    _run(his, 300)
    his.locator(f"#m{left.pk}").get_by_role("button", name="Mark as unread").click()
    with his.expect_response("**/chats/seen/"):
        his.clock.run_for(1_000)
    tokens[0].continue_()
    expect(his).to_have_url(re.compile("/chats/$"))

    assert his.reports == [[str(seen.pk)]]
    assert _unread() == ["read it later"]
