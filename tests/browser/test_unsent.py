"""A sent message is shown at once with its state, arrives once, and waits for the connection in order."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import (
    DRAFTS,
    check_session_now,
    end_sessions,
    first_of,
    log_in_again,
    log_out_and_lose_texts,
    opened,
    row,
    send,
)

UNSENT = "Object.keys(localStorage).filter(key => key.includes('unsent:'))"
# Records the texts of alerts.
ALERTS = """() => { window.alerts = []; new MutationObserver(records => {
  for (const { addedNodes } of records) for (const node of addedNodes)
    if (node.role === "alert") window.alerts.push(node.textContent.trim())
}).observe(document.body, { childList: true, subtree: true }) }"""
# Milliseconds from the key press to the row in the page.
SHOWN = """() => { let at; addEventListener("keydown", () => at = performance.now(), true);
  new MutationObserver(() => window.took ??= performance.now() - at)
    .observe(document.querySelector("ol.messages"), {childList: true}) }"""

# The largest number of rows with this text at any time.
MOST = """text => { window.most = 0; new MutationObserver(() => {
  const same = [...document.querySelectorAll("li.message .content")].filter(one => one.textContent === text);
  window.most = Math.max(window.most, same.length) })
    .observe(document.querySelector("ol.messages"), {childList: true}) }"""


@pytest.fixture
def conversation(write, alice, bob):
    return write(bob, alice, "from bob")


@pytest.fixture
def hers(open_browser, conversation, alice):
    return opened(open_browser(alice))


def end_sessions_at_the_send(page) -> None:
    """End the sessions when the page sends a message, and not while the text is typed."""
    page.route("**/chats/new/", lambda route: (end_sessions(), route.continue_()), times=1)


def mine() -> list[str]:
    return list(
        Message.objects.filter(sender__username="alice").order_by("pk").values_list("content", flat=True)
    )


def test_own_message_is_shown_before_the_response_and_then_as_sent_and_read(open_browser, hers, bob):
    """With -s this test prints the time from the key press to the row."""
    hers.evaluate(SHOWN)
    waiting = []
    hers.route("**/chats/new/", lambda route: waiting.append(route))
    send(hers, "at once")
    expect(row(hers, "at once").locator(".progress")).to_have_text("Sending…")
    print(f"Shown after {hers.evaluate('window.took'):.0f} ms.")
    expect(hers.locator(".composer textarea")).to_have_value("")
    first_of(hers, waiting).continue_()
    expect(row(hers, "at once").locator(".sent")).to_have_text("sent")
    opened(open_browser(bob), "/chats/with/alice/")
    expect(row(hers, "at once").locator(".seen")).to_contain_text("read")

    expect(row(hers, "at once").locator(".sent")).to_have_count(0)
    expect(row(hers, "at once")).to_have_count(1)
    assert mine() == ["at once"]


def test_message_is_one_row_when_the_event_comes_before_the_response(hers):
    def delay(route):
        response = route.fetch()
        hers.wait_for_timeout(600)
        route.fulfill(response=response)

    hers.evaluate(MOST, "twice?")
    hers.route("**/chats/new/", delay)
    send(hers, "twice?")
    expect(row(hers, "twice?").locator(".sent")).to_have_text("sent")

    assert hers.evaluate("window.most") == 1
    assert mine() == ["twice?"]


def test_messages_written_offline_are_sent_in_order_after_a_reload(hers):
    send(hers, "before")
    expect(row(hers, "before").locator(".sent")).to_have_text("sent")
    hers.context.set_offline(True)
    expect(hers.locator("#connection")).to_have_text("You’re offline. Messages are sent when you’re back.")
    for text in ("one", "two", "three"):
        send(hers, text)
        expect(row(hers, text).locator(".progress")).to_have_text("Not sent yet")
    hers.route("**/chats/new/", lambda route: route.abort())
    hers.context.set_offline(False)
    hers.reload()
    expect(hers.locator("li.is-unsent .content")).to_have_text(["one", "two", "three"])
    hers.unroute("**/chats/new/")
    expect(hers.locator("li.is-mine:not(.is-unsent)")).to_have_count(4)

    expect(hers.locator("li.is-unsent")).to_have_count(0)
    expect(hers.locator("#connection")).to_have_text("")
    assert mine() == ["before", "one", "two", "three"]
    assert hers.evaluate(UNSENT) == []


def test_message_written_offline_is_sent_when_the_connection_is_back(hers):
    send(hers, "before")
    expect(row(hers, "before").locator(".sent")).to_have_text("sent")
    hers.context.set_offline(True)
    send(hers, "later")
    expect(row(hers, "later").locator(".progress")).to_have_text("Not sent yet")
    hers.context.set_offline(False)
    expect(row(hers, "later").locator(".sent")).to_have_text("sent")

    assert mine() == ["before", "later"]


@pytest.fixture
def early(open_browser, conversation, alice):
    """Return a page of alice that cannot load what sends messages."""
    page = open_browser(alice)
    page.route("**/unsent*.js", lambda route: route.abort())
    return opened(page)


def test_text_sent_offline_before_the_script_was_loaded_is_sent_once_by_itself(early):
    early.context.set_offline(True)
    send(early, "too early")
    expect(early.locator(".composer .failed")).to_have_text("Not sent yet")
    early.keyboard.press("Enter")
    early.unroute("**/unsent*.js")
    early.context.set_offline(False)
    expect(row(early, "too early").locator(".sent")).to_have_text("sent")

    expect(early.locator(".composer textarea")).to_have_value("")
    assert mine() == ["too early"]
    assert early.evaluate(DRAFTS) == []


def test_text_changed_offline_after_it_could_not_be_sent_waits_for_enter(early):
    early.context.set_offline(True)
    send(early, "too early")
    expect(early.locator(".composer .failed")).to_have_text("Not sent yet")
    early.keyboard.type(", and more")
    early.unroute("**/unsent*.js")
    early.context.set_offline(False)
    expect(early.locator("#connection")).to_have_text("")
    send(early, " later")
    expect(row(early, "later").locator(".sent")).to_have_text("sent")

    assert mine() == ["too early, and more later"]


def test_text_sent_before_the_script_was_loaded_stays_in_the_field_and_is_sent_later(early):
    send(early, "too early")
    expect(early.locator(".composer .failed")).to_contain_text("Your text is kept")
    expect(early.locator(".composer textarea")).to_have_value("too early")
    early.unroute("**/unsent*.js")
    early.keyboard.press("Enter")
    expect(row(early, "too early").locator(".sent")).to_have_text("sent")

    assert mine() == ["too early"]


def test_message_that_waits_is_sent_from_another_page(hers):
    hers.route("**/chats/new/", lambda route: route.abort())
    send(hers, "on the way")
    expect(row(hers, "on the way").locator(".progress")).to_have_text("Not sent yet")
    hers.unroute("**/chats/new/")
    hers.goto("/chats/")

    expect(hers.locator('[data-counterpart="bob"]')).to_contain_text("on the way")
    assert mine() == ["on the way"]


def test_two_tabs_send_a_waiting_message_once(hers):
    hers.context.route("**/chats/new/", lambda route: route.abort())
    send(hers, "only once")
    expect(row(hers, "only once").locator(".progress")).to_have_text("Not sent yet")
    other = hers.context.new_page()
    other.goto("/chats/with/bob/")
    expect(row(other, "only once").locator(".progress")).to_have_text("Not sent yet")
    hers.context.unroute("**/chats/new/")
    for page in (hers, other):
        page.evaluate("dispatchEvent(new Event('online'))")
    for page in (hers, other):
        expect(page.locator("li.is-mine:not(.is-unsent)", has_text="only once")).to_have_count(1)
        expect(page.locator("li.is-unsent")).to_have_count(0)

    assert mine() == ["only once"]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_message_waits_while_the_server_is_away(hers, status, browser_errors):
    hers.route("**/chats/new/", lambda route: route.fulfill(status=status, body="<h1>Away</h1>"))
    send(hers, "patient")
    expect(row(hers, "patient").locator(".progress")).to_have_text("Not sent yet")
    hers.unroute("**/chats/new/")
    expect(row(hers, "patient").locator(".sent")).to_have_text("sent")

    assert mine() == ["patient"]
    browser_errors[:] = [error for error in browser_errors if "status of 50" not in error]


def test_message_whose_response_was_lost_arrives_once(hers):
    def lose(route):
        route.fetch(max_redirects=0)
        route.abort()

    hers.route("**/chats/new/", lose)
    send(hers, "lost answer")
    expect(hers.locator("#connection")).not_to_be_empty()
    hers.unroute("**/chats/new/")
    expect(row(hers, "lost answer").locator(".sent")).to_have_text("sent")

    expect(row(hers, "lost answer")).to_have_count(1)
    assert mine() == ["lost answer"]


def test_refused_message_comes_back_to_the_field_with_its_error(hers):
    hers.locator(".composer textarea").fill("x" * 10_001)
    hers.keyboard.press("Enter")
    expect(hers.locator(".composer .errorlist")).to_contain_text("10,000")

    expect(hers.locator(".composer textarea")).to_have_value("x" * 10_001)
    expect(hers.locator("li.is-unsent")).to_have_count(0)
    assert mine() == []


def test_error_is_announced_once_and_disappears_when_the_text_is_changed(hers):
    hers.evaluate(ALERTS)
    hers.locator(".composer textarea").fill("x" * 10_001)
    hers.keyboard.press("Enter")
    error = hers.locator(".composer .errorlist")
    expect(error).to_contain_text("10,000")
    [announced] = hers.evaluate("window.alerts")
    assert "10,000" in announced
    assert "10,000" not in hers.locator("#arrivals").inner_text()
    hers.locator(".composer textarea").press("Backspace")

    expect(error).to_have_count(0)


def test_text_that_is_typed_while_the_script_loads_is_another_message_or_stays(
    open_browser, conversation, alice
):
    hers, waiting = open_browser(alice), []
    hers.route("**/unsent*.js", lambda route: waiting.append(route))
    opened(hers)
    send(hers, "first")
    send(hers, "second")
    hers.keyboard.type("third")
    first_of(hers, waiting).continue_()
    expect(row(hers, "second").locator(".sent")).to_have_text("sent")

    expect(hers.locator(".composer textarea")).to_have_value("third")
    assert mine() == ["first", "second"]


def test_refused_message_is_shown_on_another_page_and_comes_back_to_its_conversation(hers):
    hers.route("**/chats/new/", lambda route: route.abort())
    hers.locator(".composer textarea").fill("x" * 10_001)
    hers.keyboard.press("Enter")
    expect(hers.locator("li.is-unsent .progress")).to_have_text("Not sent yet")
    hers.goto("/chats/")
    hers.unroute("**/chats/new/")
    hers.get_by_role("link", name="A message was not sent. Open its conversation.").click()
    expect(hers.locator(".composer .failed")).to_contain_text("Not sent: ")

    expect(hers.locator(".composer textarea")).to_have_value("x" * 10_001)
    expect(hers.locator("li.is-unsent")).to_have_count(0)
    assert hers.evaluate(UNSENT) == []


def test_message_after_a_lost_session_is_sent_after_the_log_in(hers, site, browser_of, alice):
    end_sessions_at_the_send(hers)
    send(hers, "still here")
    expect(hers.get_by_role("dialog", name="You have been logged out")).to_be_visible()
    expect(row(hers, "still here")).to_have_count(1)
    log_in_again(hers, site, browser_of, alice)
    check_session_now(hers)
    expect(row(hers, "still here").locator(".sent")).to_have_text("sent")

    assert mine() == ["still here"]


def test_message_after_a_lost_session_survives_a_visit_to_the_log_in_page(hers, site, browser_of, alice):
    end_sessions_at_the_send(hers)
    send(hers, "still here")
    expect(hers.get_by_role("dialog", name="You have been logged out")).to_be_visible()
    hers.goto("/accounts/login/")
    log_in_again(hers, site, browser_of, alice)
    hers.goto("/chats/with/bob/")
    expect(row(hers, "still here").locator(".sent")).to_have_text("sent")

    assert mine() == ["still here"]


def test_log_out_with_messages_that_wait_requires_a_confirmation(hers):
    hers.route("**/chats/new/", lambda route: route.abort())
    send(hers, "never")
    expect(row(hers, "never").locator(".progress")).to_have_text("Not sent yet")
    hers.goto("/accounts/")
    hers.get_by_role("button", name="Log out").click()
    question = hers.get_by_role("dialog", name="Log out?")
    expect(question).to_contain_text("1 message has not been sent yet and will be lost.")
    question.get_by_role("button", name="Stay logged in").click()
    expect(question).to_be_hidden()
    assert len(hers.evaluate(DRAFTS)) == 1
    log_out_and_lose_texts(hers)
    expect(hers.get_by_role("heading", name="You have logged out")).to_be_visible()

    hers.wait_for_function(f"() => !({DRAFTS}).length")


def test_message_that_waits_is_not_sent_for_another_member(hers, site, browser_of, conversation, bob):
    hers.route("**/chats/new/", lambda route: route.abort())
    send(hers, "from alice")
    expect(row(hers, "from alice").locator(".progress")).to_have_text("Not sent yet")
    log_in_again(hers, site, browser_of, bob)
    hers.unroute("**/chats/new/")
    hers.evaluate("dispatchEvent(new Event('online'))")
    hers.wait_for_function(
        "id => document.body.dataset.member === id || document.querySelector('dialog[open]')", arg=str(bob.pk)
    )

    assert not Message.objects.filter(content="from alice").exists()


def test_message_at_which_a_conversation_opens_has_no_outline_after_a_send(hers, conversation, alice):
    Message.objects.mark_seen(alice, [conversation.pk])
    opened(hers)
    send(hers, "newer")
    expect(row(hers, "newer").locator(".sent")).to_have_text("sent")

    opening = row(hers, "from bob")
    assert opening.evaluate("one => one.matches(':target')")
    assert opening.evaluate("one => getComputedStyle(one).outlineStyle") == "none"


def test_reply_in_a_row_is_shown_at_once(hers, conversation):
    hers.goto(f"/chats/thread/{conversation.pk}/?order=tree")
    hers.locator(f"#m{conversation.pk}").get_by_role("link", name="Reply").click()
    hers.locator("li.message textarea").fill("below it")
    hers.keyboard.press("Enter")
    expect(row(hers, "below it").locator(".sent")).to_have_text("sent")

    expect(hers.locator("li.message form")).to_have_count(0)
    expect(row(hers, "below it")).to_have_attribute("data-depth", "1")
