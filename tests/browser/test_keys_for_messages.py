"""Single keys act on the message of the address, edit the last own message, and mark messages as unread."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import leave_composer


@pytest.fixture
def thread(write, alice, bob):
    root = write(bob, alice, "root")
    thread = [root, *(write(bob, alice, f"reply {number}", parent_message=root) for number in range(12))]
    Message.objects.mark_seen(alice, [message.pk for message in thread])
    return thread


def _answers(page, message) -> None:
    """Press `r`, and check which message the form answers."""
    page.keyboard.press("r")
    form = page.locator(f"#m{message.pk} form.compose")
    expect(form.locator("textarea")).to_be_focused()
    expect(page.locator("li.message form.compose")).to_have_count(1)


def test_r_answers_the_message_of_the_address_that_was_opened(open_browser, thread, alice):
    hers = open_browser(alice, viewport={"width": 800, "height": 400})
    hers.goto(f"/chats/message/{thread[6].pk}/")

    _answers(hers, thread[6])


def test_r_answers_the_message_whose_link_was_followed(open_browser, thread, write, alice, bob):
    answer = write(bob, alice, "to an old one", parent_message=thread[2])
    hers = open_browser(alice, viewport={"width": 800, "height": 400})
    hers.goto("/chats/with/bob/")
    hers.locator(f"#m{answer.pk}").get_by_role("link", name="reply 1", exact=True).click()
    expect(hers.locator(f"#m{thread[2].pk}")).to_be_in_viewport()

    _answers(hers, thread[2])


def test_j_moves_on_from_the_message_of_the_address(open_browser, thread, alice):
    hers = open_browser(alice, viewport={"width": 800, "height": 400})
    hers.goto(f"/chats/message/{thread[6].pk}/")
    hers.keyboard.press("j")

    expect(hers.locator(f"#m{thread[7].pk}")).to_be_focused()


@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/thread/{}/"])
def test_arrow_up_in_an_empty_composer_edits_the_last_own_message(
    open_browser, thread, write, alice, bob, address
):
    write(alice, bob, "mine", parent_message=thread[3])
    last = write(alice, bob, "my last", parent_message=thread[1])
    hers = open_browser(alice)
    hers.goto(address.format(thread[0].pk))
    composer = hers.locator("main > form.compose textarea")
    composer.press("ArrowUp")
    area = hers.locator(f"#m{last.pk} textarea")
    expect(area).to_be_focused()
    expect(area).to_have_value("my last")
    area.press("Escape")
    expect(composer).to_be_focused()
    composer.press("ArrowUp")
    area.fill("my last, edited")
    area.press("Control+Enter")
    expect(hers.locator(f"#m{last.pk} .content")).to_have_text("my last, edited")

    expect(composer).to_be_focused()
    last.refresh_from_db()
    assert last.content == "my last, edited"


def test_arrow_up_in_a_text_moves_the_caret(open_browser, thread, write, alice, bob):
    write(alice, bob, "mine")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    composer = hers.locator("main > form.compose textarea")
    composer.fill("one\ntwo")
    composer.press("ArrowUp")
    composer.press("Home")
    composer.press_sequentially("x")

    expect(composer).to_have_value("xone\ntwo")
    expect(hers.locator("li.message textarea")).to_have_count(0)


def test_arrow_up_with_single_keys_turned_off_does_nothing(open_browser, thread, write, alice, bob):
    write(alice, bob, "mine")
    hers = open_browser(alice)
    hers.goto("/accounts/")
    hers.evaluate("localStorage.setItem('bobbin-single-keys-off', 'yes')")
    hers.goto("/chats/with/bob/")
    composer = hers.locator("main > form.compose textarea")
    composer.press("ArrowUp")
    hers.wait_for_load_state("networkidle")

    expect(composer).to_be_focused()
    expect(hers.locator("li.message textarea")).to_have_count(0)


def test_shift_u_marks_the_focused_message_as_unread(open_browser, thread, alice):
    hers = open_browser(alice)
    hers.goto(f"/chats/message/{thread[4].pk}/")
    expect(hers.locator(f"#m{thread[4].pk}")).to_be_focused()
    hers.keyboard.press("Shift+U")
    hers.wait_for_url("**/chats/")

    assert list(Message.unread.values_list("pk", flat=True)) == [thread[4].pk]


def test_message_marked_as_unread_in_one_window_is_not_reported_by_another(open_browser, message, alice, bob):
    """The other window has seen the message, too, and its report failed at first."""
    his, other = open_browser(bob), open_browser(bob)
    now = datetime.now()
    other.clock.install(time=now)
    other.clock.pause_at(now + timedelta(seconds=1))
    other.route("**/chats/seen/", lambda route: route.abort())
    other.goto("/chats/with/alice/")
    other.evaluate("new Promise(done => new IntersectionObserver(done).observe(document.body))")
    with other.expect_event("requestfailed", lambda one: "/seen/" in one.url):
        other.clock.run_for(1_000)
    his.goto("/chats/with/alice/")
    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    leave_composer(his)
    his.keyboard.press("j")
    his.keyboard.press("Shift+U")
    his.wait_for_url("**/chats/")
    other.unroute("**/chats/seen/")
    reports = []
    other.on("request", lambda one: reports.append(one.url) if one.url.endswith("/seen/") else None)
    for _ in range(10):  # Events first, and then the time at which the report would be repeated.
        other.wait_for_timeout(100)
        other.clock.run_for(100)
    other.clock.run_for(12_000)
    other.wait_for_load_state("networkidle")

    assert reports == []
    assert Message.unread.count() == 1
