"""alice and bob write to each other in two browsers, without a reload."""

import re
import statistics
import tempfile
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from messaging.models import Message, MessageHistory
from tests.browser.composing import leave_composer, log_out_and_lose_texts, wait_for_module
from tests.support.harmed_valkey import Server
from tests.support.running_site import running_site

LIVE = re.compile("yes")
# Makes the timers of the page run ten times as often.
HASTE = """
const wait = window.setTimeout;
window.setTimeout = (work, time, ...more) => wait(work, time >= 3000 ? time / 10 : time, ...more);
"""
# Records the time when each row was added to the page.
SHOWN = """
window.shown = {};
new MutationObserver(changes => changes.forEach(({addedNodes}) => addedNodes.forEach(
  row => window.shown[row.id] = performance.timeOrigin + performance.now()
))).observe(document.querySelector("ol.messages"), {childList: true});
"""
# Delays the requests for the badges by 500 ms.
DELAY_STATE = """() => {
  const { fetch } = window;
  window.fetch = async (address, ...more) => {
    if (address.includes("/state/")) await new Promise(done => setTimeout(done, 500));
    return fetch(address, ...more);
  };
}"""


def _live(page) -> None:
    """Wait until the event stream is open, so that later changes arrive through it."""
    expect(page.locator("html")).to_have_attribute("data-live", LIVE)


@pytest.fixture
def thread(message):
    return f"/chats/thread/{message.pk}/"


@pytest.fixture
def redis():
    """Start a separate Redis, which the test may stop."""
    with tempfile.TemporaryDirectory(prefix="redis-", dir="/tmp") as folder:
        server = Server(Path(folder))
        server.start()
        yield server
        server.stop()


def test_a_reply_an_edit_and_reading_appear_without_reload(open_browser, message, thread, alice, bob):
    hers, his = open_browser(alice), open_browser(bob)
    hers.goto(thread)
    _live(hers)
    his.goto(thread)
    _live(his)
    expect(hers.locator(f"#m{message.pk} .seen")).to_contain_text("read")

    his.get_by_role("textbox", name="Message").fill("Good morning, Alice!")
    his.get_by_role("button", name="Reply").click()
    reply = hers.locator(".message:not(.is-unsent) .content", has_text="Good morning, Alice!")
    expect(reply).to_be_visible()
    expect(his.get_by_role("textbox", name="Message")).to_have_value("")

    row = his.locator(".message:not(.is-unsent)", has_text="Good morning, Alice!")
    row.get_by_role("link", name="Edit").click()
    row.get_by_role("textbox", name="Message").fill("Good evening, Alice!")
    row.get_by_role("button", name="Save").click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="Good evening, Alice!")).to_be_visible()
    expect(hers.locator(".message .edited")).to_be_visible()
    expect(row.locator("form")).to_have_count(0)
    expect(his.locator(".message:not(.is-unsent)", has_text="Good evening").locator(".seen")).to_contain_text(
        "read"
    )
    assert MessageHistory.objects.get().old_content == "Good morning, Alice!"


def test_new_message_appears_without_reload(open_browser, write, message, thread, alice, bob):
    """With -s this test prints the delay between the commit and the row in the page."""
    his, took = open_browser(bob), []
    his.goto(thread)
    _live(his)
    his.evaluate(SHOWN)
    for number in range(10):
        sent = write(alice, bob, f"Number {number}", parent_message=message)
        committed = time.time()
        expect(his.locator(f"#m{sent.pk}")).to_be_visible()
        took.append(his.evaluate(f"window.shown.m{sent.pk}") / 1000 - committed)
        his.wait_for_timeout(300)  # An event right after another one is delayed.
    median, longest = (f"{1000 * seconds:.0f} ms" for seconds in (statistics.median(took), max(took)))
    print(f"Shown after {median} (median of {len(took)}), at the latest after {longest}.")


def test_a_page_that_still_shows_all_is_not_sent_again(
    open_browser, write, write_many, message, thread, alice, bob, charlie
):
    """Many messages at once produce a general event, so every page of the members checks for changes."""
    his, answers = open_browser(bob), []
    his.on("response", lambda response: answers.append((response.url.partition("?")[2], response.status)))
    his.goto(thread)
    _live(his)
    with his.expect_response(lambda response: "from=" in response.url):
        write_many(charlie, bob, 2)

    assert (f"from={message.pk}", 304) in answers
    sent = write(alice, bob, "Number two", parent_message=message)
    expect(his.locator(f"#m{sent.pk}")).to_be_visible()
    # The address depends on whether the page handles another event at the same time.
    assert {(f"from={first}", 200) for first in (message.pk, sent.pk)} & set(answers)


def test_message_deleted_while_events_is_down_disappears_afterwards(
    site, open_browser, write, message, thread, alice, bob
):
    gone = write(alice, bob, "Never mind", parent_message=message)
    his = open_browser(bob)
    his.goto(thread)
    _live(his)
    expect(his.locator(f"#m{gone.pk}")).to_be_visible()
    site.kill_events()
    try:
        expect(his.locator("html")).to_have_attribute("data-live", "no")
        gone.delete()
    finally:
        site.start_events()

    expect(his.locator(f"#m{message.pk}")).to_be_visible()
    expect(his.locator(f"li.message:not(#m{message.pk})")).to_have_count(0)


def test_thread_with_an_account_erased_while_offline_disappears(open_browser, message, thread, alice, bob):
    his = open_browser(bob)
    his.goto(thread)
    _live(his)
    his.context.set_offline(True)
    alice.delete()
    his.context.set_offline(False)

    expect(his.get_by_role("alert")).to_contain_text("alice’s account was deleted.")
    expect(his.locator("li.message")).to_have_count(0)


def test_inbox_badge_and_title_count_new_messages(open_browser, write, alice, bob, charlie):
    his = open_browser(bob)
    his.goto("/chats/")
    _live(his)
    write(alice, bob, "one")
    expect(his.locator('[data-counterpart="alice"]')).to_contain_text("one")
    write(charlie, bob, "two")

    expect(his.locator("#rows li").first).to_contain_text("two")
    expect(his.locator('[data-badge="unread"]')).to_have_text("2")
    expect(his).to_have_title("(2) Inbox · Bobbin")


def _two_tabs(open_browser, user):
    """Return two open pages of one browser; the first one holds the event stream."""
    first = open_browser(user)
    first.goto("/chats/")
    _live(first)
    second = first.context.new_page()
    second.goto("/chats/unread/")
    _live(second)
    return first, second


def test_second_tab_receives_events_through_the_first(open_browser, write, alice, bob):
    first, second = _two_tabs(open_browser, bob)
    write(alice, bob, "one")
    expect(second.locator("#rows")).to_contain_text("one")
    first.close()
    _live(second)
    write(alice, bob, "two")

    expect(second.locator("#rows")).to_contain_text("two")


def test_message_is_shown_whose_event_came_between_two_streams(open_browser, write, alice, bob):
    """The badges are fetched after the second message, by a page that has fetched its rows before it."""
    first, second = _two_tabs(open_browser, bob)
    expect(second.locator("#connection")).to_have_text("")
    second.evaluate(DELAY_STATE)
    write(alice, bob, "one")
    expect(second.locator("#rows")).to_contain_text("one")
    first.close()
    write(alice, bob, "two")

    expect(second.locator("#rows")).to_contain_text("two")


def test_new_reply_appears_below_its_parent_in_a_tree_and_else_at_the_end(
    open_browser, write, message, thread, alice, bob
):
    first = write(bob, alice, "first", parent_message=message)
    write(bob, alice, "second", parent_message=message)
    hers, tree = (open_browser(alice) for _ in range(2))
    hers.goto(thread)
    tree.goto(thread)
    tree.get_by_label("Menu").click()
    tree.get_by_role("link", name="Show as a tree").click()
    expect(tree.locator("[data-tree]")).to_be_visible()
    _live(hers), _live(tree)
    write(bob, alice, "below", parent_message=first)

    contents = "li.message .content"
    expect(tree.locator(contents)).to_have_text(["Good morning, Bob", "first", "below", "second"])
    expect(tree.locator(".message", has_text="below")).to_have_attribute("data-depth", "2")
    expect(hers.locator(contents)).to_have_text(["Good morning, Bob", "first", "second", "below"])
    expect(hers.locator(".answers")).to_have_text(["In reply to bob: first"])


def test_first_message_shows_new_replies_without_reload(open_browser, write, message, thread, alice, bob):
    hers, his = (open_browser(who) for who in (alice, bob))
    hers.goto("/chats/with/bob/")
    his.goto(thread)
    _live(hers), _live(his)
    his.get_by_role("textbox", name="Message").fill("From the thread")
    his.keyboard.press("Control+Enter")
    expect(hers.locator(f"#m{message.pk} .replies")).to_contain_text("1 reply")
    hers.locator(".message", has_text="From the thread").get_by_role("link", name="Reply").click()
    hers.locator("li.message textarea").fill("From the conversation")
    hers.keyboard.press("Control+Enter")
    expect(hers.locator(f"#m{message.pk} .replies")).to_contain_text("2 replies")
    hers.locator(".replies").click()

    expect(hers.locator("li.message .content")).to_have_text(
        ["Good morning, Bob", "From the thread", "From the conversation"]
    )


def test_changes_made_while_offline_appear_afterwards(open_browser, write, message, thread, alice, bob):
    his = open_browser(bob)
    his.goto(thread)
    _live(his)
    his.get_by_role("textbox", name="Message").fill("Written offline")
    wait_for_module(his, "unsent")
    his.context.set_offline(True)
    write(alice, bob, "Can you hear me?", parent_message=message)
    message.edit("Good night, Bob", by=alice)
    his.get_by_role("button", name="Reply").click()
    expect(his.locator(".progress")).to_have_text("Not sent yet")
    his.context.set_offline(False)

    expect(his.locator(".message:not(.is-unsent)", has_text="Can you hear me?")).to_be_visible()
    expect(his.locator(".message:not(.is-unsent)", has_text="Good night, Bob")).to_be_visible()
    expect(his.locator(".message", has_text="Written offline").locator(".sent")).to_be_visible()
    assert Message.objects.filter(content="Written offline").count() == 1


def test_events_killed_while_people_write_loses_nothing(
    site, open_browser, write, message, thread, alice, bob
):
    his = open_browser(bob)
    his.add_init_script(HASTE)
    his.goto(f"/chats/thread/{message.pk}/")
    _live(his)
    site.kill_events()
    expect(his.locator("html")).to_have_attribute("data-live", "no")
    for number in range(5):
        write(alice, bob, f"meanwhile {number}", parent_message=message)
    site.start_events()

    _live(his)
    for number in range(5):
        expect(his.locator(".message:not(.is-unsent)", has_text=f"meanwhile {number}")).to_be_visible()


def test_redis_killed_while_people_write_loses_nothing(redis, open_browser, message, alice, bob):
    """Both members write while Redis is down. The pages poll, and later return to the stream."""
    with running_site(REDIS_URL=f"unix://{redis.socket}?db=0") as site:
        hers, his = (open_browser(who, at=site) for who in (alice, bob))
        for page in (hers, his):
            page.add_init_script(HASTE)
            page.goto(f"/chats/thread/{message.pk}/")
            _live(page)
        redis.stop()
        for page in (hers, his):
            expect(page.locator("html")).to_have_attribute("data-live", "no")
        for number in range(3):
            for page in (hers, his):
                page.get_by_role("textbox", name="Message").fill(f"meanwhile {number}")
                page.get_by_role("button", name="Reply").click()
                expect(page.get_by_role("textbox", name="Message")).to_have_value("")
        expect(hers.locator(".message:not(.is-unsent)", has_text="meanwhile")).to_have_count(6)
        redis.start()
        for page in (hers, his):
            _live(page)
            expect(page.locator(".message:not(.is-unsent)", has_text="meanwhile")).to_have_count(6)
        his.get_by_role("textbox", name="Message").fill("Back again")
        his.get_by_role("button", name="Reply").click()
        expect(hers.locator(".message:not(.is-unsent)", has_text="Back again")).to_be_visible()


def test_page_without_events_polls(site, open_browser, write, message, thread, alice, bob):
    site.kill_events()
    try:
        his = open_browser(bob)
        his.add_init_script(HASTE)
        his.goto(thread)
        write(alice, bob, "Polled", parent_message=message)
        expect(his.locator(".message:not(.is-unsent)", has_text="Polled")).to_be_visible()
    finally:
        site.start_events()


def test_a_double_click_sends_once(open_browser, message, thread, bob):
    his = open_browser(bob)
    his.goto(thread)
    his.get_by_role("textbox", name="Message").fill("Only once")
    his.get_by_role("button", name="Reply").dblclick()
    expect(his.locator(".message:not(.is-unsent)", has_text="Only once")).to_be_visible()

    his.goto("/chats/new/")
    his.get_by_label("To").fill("alice")
    his.get_by_role("textbox", name="Message").fill("Once more")
    his.get_by_role("button", name="Send").dblclick()
    expect(his.get_by_role("heading", name="alice", exact=True)).to_be_visible()
    assert sorted(Message.objects.exclude(pk=message.pk).values_list("content", flat=True)) == [
        "Once more",
        "Only once",
    ]


def test_a_draft_survives_a_reload_and_not_a_log_out(open_browser, message, thread, bob):
    his = open_browser(bob)
    his.goto(thread)
    his.get_by_role("textbox", name="Message").fill("Half a thought")
    his.reload()
    expect(his.get_by_role("textbox", name="Message")).to_have_value("Half a thought")
    his.goto("/accounts/")
    log_out_and_lose_texts(his)
    expect(his.get_by_role("heading", name="You have logged out")).to_be_visible()

    his.wait_for_function("() => !Object.keys(localStorage).some(key => key.startsWith('draft'))")


def test_everything_works_without_javascript(open_browser, message, thread, alice, bob):
    his = open_browser(bob, java_script_enabled=False)
    his.goto("/chats/")
    his.get_by_role("link", name="alice").click()
    his.get_by_role("link", name="Reply to alice").click()
    his.get_by_role("textbox", name="Message").fill("By hand")
    his.get_by_role("button", name="Reply").click()
    his.get_by_role("link", name="1 reply").click()
    expect(his.locator(".message:not(.is-unsent)", has_text="By hand")).to_be_visible()
    his.get_by_role("link", name="Edit your message").click()
    his.get_by_role("textbox", name="Message").fill("By hand, edited")
    his.get_by_role("button", name="Save").click()
    expect(his.locator(".message:not(.is-unsent)", has_text="By hand, edited")).to_be_visible()
    his.get_by_role("button", name="Mark as unread").click()
    expect(his.get_by_role("heading", name="Inbox")).to_be_visible()
    his.goto("/chats/search/?q=edited")

    expect(his.locator(".found mark")).to_have_text("edited")


def test_everything_works_with_the_keyboard_alone(open_browser, write, message, thread, alice, bob):
    own = write(bob, alice, "mine", parent_message=message)
    his = open_browser(bob)
    his.goto("/chats/")
    his.keyboard.press("j")
    expect(his.get_by_role("link", name="alice")).to_be_focused()  # The first key loads a module.
    his.keyboard.press("Enter")
    expect(his.get_by_role("heading", name="alice", exact=True)).to_be_visible()
    his.goto(f"{thread}?order=tree")
    leave_composer(his)
    for _ in range(2):
        his.keyboard.press("j")
    expect(his.locator(f"#m{own.pk}")).to_be_focused()
    his.keyboard.press("e")
    expect(his.locator(f"#m{own.pk} textarea")).to_be_focused()
    his.keyboard.type(", edited")
    his.keyboard.press("Control+Enter")
    expect(his.locator(f"#m{own.pk} .content")).to_have_text("mine, edited")
    expect(his.locator("li.message form")).to_have_count(0)
    his.keyboard.press("k")
    his.keyboard.press("r")
    expect(his.locator(f"#m{message.pk} textarea")).to_be_focused()
    his.keyboard.type("A reply")
    his.keyboard.press("Control+Enter")
    expect(his.locator(".message:not(.is-unsent)", has_text="A reply")).to_have_attribute("data-depth", "1")
    expect(his.locator("li.message form")).to_have_count(0)
    his.keyboard.press("?")
    expect(his.get_by_role("dialog")).to_be_visible()
    his.keyboard.press("Escape")
    his.keyboard.press("/")
    expect(his.get_by_role("searchbox")).to_be_focused()
    his.keyboard.type("reply")
    his.keyboard.press("Enter")

    expect(his.locator(".found mark")).to_have_text("reply")


def test_page_of_one_member_never_shows_messages_of_another(
    site, open_browser, browser_of, write, alice, bob, charlie
):
    """bob logs in while a tab of alice is still open in the same browser."""
    write(charlie, bob, "For bob alone")
    hers = open_browser(alice)
    hers.goto("/chats/")
    _live(hers)
    key = browser_of(bob).cookies["sessionid"].value
    hers.context.add_cookies([{"name": "sessionid", "value": key, "url": site.url, "httpOnly": True}])
    write(charlie, alice, "For alice")

    expect(hers.locator(".menu bdi")).to_have_text("bob")
    expect(hers.locator("#rows")).to_contain_text("For bob alone")
    assert "For alice" not in hers.content()
