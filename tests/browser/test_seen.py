"""A message becomes read when it was visible: a script reports it.

A browser without JavaScript requests the page again, which marks its messages read.
"""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message

SETTLED = 1_500  # Milliseconds after which the page has reported the visible messages.


def _unread() -> list[str]:
    return list(Message.unread.order_by("pk").values_list("content", flat=True))


@pytest.fixture
def long_page(alice, bob, write_many):
    """Create 30 messages from alice, each taller than a third of the window."""
    return write_many(alice, bob, 30, content="word\n" * 15)


def test_only_visible_messages_are_read_until_the_page_is_scrolled(open_browser, long_page, alice, bob):
    his, hers = open_browser(bob), open_browser(alice)
    hers.goto("/chats/with/bob/")
    his.goto("/chats/with/alice/")
    badge = his.locator('[data-badge="unread"]')
    expect(badge).not_to_have_text("30")
    his.wait_for_timeout(SETTLED)
    seen = 30 - Message.unread.count()
    assert 0 < seen < 6
    expect(badge).to_have_text(str(30 - seen))
    expect(hers.locator(".seen")).to_have_count(seen)

    his.locator(f"#m{long_page[-1].pk}").scroll_into_view_if_needed()
    his.wait_for_timeout(SETTLED)
    assert long_page[-1].pk not in Message.unread.values_list("pk", flat=True)
    assert long_page[15].pk in Message.unread.values_list("pk", flat=True)


def test_only_the_newest_read_message_has_the_time(open_browser, write, alice, bob):
    first, second = write(alice, bob, "one"), write(alice, bob, "two")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    for message in (first, second):
        Message.objects.mark_seen(bob, [message.pk])
        time = hers.locator(f"#m{message.pk} .seen time")
        expect(time).to_have_text(re.compile(r"\d:\d\d"))
        expect(hers.locator(".seen time")).to_have_count(1)
    shown = time.text_content()

    hers.reload()
    expect(time).to_have_text(shown)


def test_only_the_newest_read_message_has_the_time_after_earlier_ones_are_loaded(
    open_browser, write_many, alice, bob
):
    sent = write_many(alice, bob, 60)
    Message.objects.mark_all_read(bob)
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    expect(hers.locator(f"#m{sent[-1].pk} .seen time")).to_have_count(1)
    expect(hers.locator(f"#m{sent[0].pk}")).to_have_count(0)
    hers.evaluate("scrollTo(0, 0)")
    expect(hers.locator(f"#m{sent[0].pk}")).to_have_count(1)

    expect(hers.locator(".seen time")).to_have_count(1)


def test_message_that_arrives_outside_the_viewport_stays_unread(open_browser, long_page, write, alice, bob):
    Message.objects.mark_seen(bob, [message.pk for message in long_page])
    his = open_browser(bob)
    his.goto("/chats/with/alice/")
    late = write(alice, bob, "below the window")
    his.evaluate("scrollTo(0, 0)")
    row = his.locator(f"#m{late.pk}")
    expect(row).to_be_attached()
    his.wait_for_timeout(SETTLED)
    assert _unread() == ["below the window"]

    row.scroll_into_view_if_needed()
    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    assert _unread() == []


def test_receipt_disappears_when_the_message_is_marked_unread(open_browser, message, alice, bob):
    hers, his = open_browser(alice), open_browser(bob)
    hers.goto("/chats/with/bob/")
    his.goto("/chats/with/alice/")
    expect(hers.locator(".seen")).to_have_count(1)

    his.get_by_role("button", name="Mark as unread").click()
    expect(hers.locator(".seen")).to_have_count(0)
    expect(his.locator('[data-badge="notifications"]')).to_have_text("1")


def test_page_without_javascript_marks_its_messages_read(open_browser, long_page, bob):
    his = open_browser(bob, java_script_enabled=False)
    his.goto("/chats/with/alice/")
    his.wait_for_url(re.compile(rf"\?at={long_page[0].pk}&script=no#m{long_page[0].pk}$"))
    expect(his.locator('[data-badge="unread"]')).to_have_count(0)

    assert _unread() == []


def test_page_after_javascript_was_turned_off_marks_its_messages_read(open_browser, site, message, bob):
    his = open_browser(bob, java_script_enabled=False)
    his.context.add_cookies([{"name": "script", "value": "yes", "url": site.url}])
    his.goto("/chats/with/alice/")
    expect(his.locator('[data-badge="unread"]')).to_have_count(0)

    assert _unread() == []


@pytest.mark.parametrize(
    ("state", "change"), [("hidden", "visibilitychange"), ("prerendering", "prerenderingchange")]
)
def test_message_on_a_hidden_page_is_read_after_the_page_becomes_visible(
    open_browser, message, bob, state, change
):
    his = open_browser(bob)
    his.clock.install()
    his.add_init_script(f"window.is = 1; Object.defineProperty(document, '{state}', {{get: () => !!is}})")
    his.goto("/chats/with/alice/")
    his.evaluate("new Promise(done => new IntersectionObserver(done).observe(document.body))")
    his.clock.run_for(1_000)
    his.wait_for_load_state("networkidle")
    assert _unread() == ["Good morning, Bob"]
    his.evaluate(f"is = 0; document.dispatchEvent(new Event('{change}'))")
    his.clock.run_for(1_000)

    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    assert _unread() == []


@pytest.mark.parametrize("status", [0, 429, 503])
def test_report_that_failed_is_repeated(open_browser, message, bob, status):
    his = open_browser(bob)
    his.clock.install()
    refuse = lambda route: route.fulfill(status=status) if status else route.abort()  # noqa: E731
    his.route("**/chats/seen/", refuse)
    his.goto("/chats/with/alice/")
    with his.expect_event("response" if status else "requestfailed", lambda one: "/seen/" in one.url):
        for _ in range(3):
            his.clock.run_for(500)
    assert _unread() == ["Good morning, Bob"]
    his.unroute("**/chats/seen/")
    for _ in range(3):
        his.clock.run_for(5_000)

    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    assert _unread() == []


def test_report_with_the_token_of_an_earlier_log_in_is_sent_with_a_fresh_one(open_browser, write, alice, bob):
    Message.objects.mark_seen(bob, [write(alice, bob, "seen before").pk])
    his = open_browser(bob)
    his.goto("/chats/with/alice/")
    expect(his.locator("html")).to_have_attribute("data-live", "yes")
    his.evaluate("document.querySelector('#mark-unread input').value = 'x'.repeat(64)")
    with his.expect_response(lambda answer: answer.url.endswith("/seen/") and answer.ok):
        write(alice, bob, "after the log-in")

    assert _unread() == []
