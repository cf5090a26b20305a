"""Over a slow and lossy network, nothing is lost or doubled, and the page says what did not work."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message, MessageHistory
from tests.browser.composing import DRAFTS, expect_text, opened, row, send, wait_for_module
from tests.support.bad_network import bad_network
from tests.support.site_behind_nginx import site_behind_nginx

TALL = {"width": 1000, "height": 3000}  # All messages are in view, so all are read.
PATIENCE = 60_000  # Milliseconds. The queue waits for two seconds and more after each failure.
WAITING = "Not sent yet"
FAILED = re.compile("^chrome-error:")  # The page of Chromium for a page that it could not load.
# Requests without a response fail after three seconds instead of thirty.
HASTE = "const wait = AbortSignal.timeout; AbortSignal.timeout = (time) => wait.call(AbortSignal, time / 10);"


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """Run a site as in compose: over HTTP/1.1, with pages and live updates at one origin."""
    with (
        django_db_blocker.unblock(),
        site_behind_nginx(tmp_path_factory.mktemp("behind"), "127.0.0.1") as running,
    ):
        yield running


@pytest.fixture
def network(site):
    with bad_network(site.port) as running:
        yield running
        print(f"Chunks: {dict(running.counts)}.")


@pytest.fixture
def conversation(write, alice, bob):
    return write(bob, alice, "from bob")


@pytest.fixture
def hers(open_browser, network, conversation, alice):
    """Return a page of alice, which has loaded everything, behind a network that is still good."""
    page = open_browser(alice, at=network, viewport=TALL)
    page.add_init_script(HASTE)
    opened(page)
    expect(page.locator('[data-badge="unread"]')).to_have_count(0)
    page.keyboard.type(" ")
    wait_for_module(page, "unsent")
    page.keyboard.press("Backspace")
    return page


@pytest.fixture
def his(open_browser, hers, bob):
    return opened(open_browser(bob, viewport=TALL), "/chats/with/alice/")


def _stored(**which) -> list[str]:
    return list(Message.objects.filter(**which).order_by("pk").values_list("content", flat=True))


def _expect_the_same(*pages) -> None:
    """Wait until all pages show each message of the database once and in order, and all are read."""
    for page in pages:
        # The stream may show a message before the queue has the answer for it.
        page.wait_for_function(f"() => !{DRAFTS}.length", timeout=PATIENCE)
        expect(page.locator("li.is-unsent")).to_have_count(0, timeout=PATIENCE)
    stored = _stored()
    for page in pages:
        expect(page.locator("li.message .content")).to_have_text(stored, timeout=PATIENCE)
        expect(page.locator('[data-badge="unread"]')).to_have_count(0, timeout=PATIENCE)
        expect(page.locator("#connection")).to_have_text("", timeout=PATIENCE)
        expect(page.locator(".composer textarea")).to_have_value("")


@pytest.mark.parametrize(("lost", "cuts"), [(0.03, 0.5), (0.1, 1)])
def test_twenty_messages_over_a_lossy_network_arrive_once_and_in_order(hers, his, network, lost, cuts):
    network.begin(lost=lost, cuts=cuts)
    texts = [f"from alice {number}" for number in range(20)]
    for number, text in enumerate(texts):
        send(hers, text)
        if number % 2:
            send(his, f"from bob {number}")

    _expect_the_same(hers, his)
    assert _stored(sender__username="alice") == texts
    assert len(_stored(sender__username="bob")) == 1 + 10
    assert not Message.objects.filter(read=False).exists()


def test_message_whose_answer_is_lost_with_its_connection_arrives_once(hers, his, network):
    network.lose_answer(b"POST /chats/new/", go_down=True)
    send(hers, "only once")
    expect(row(hers, "only once").locator(".progress")).to_have_text(WAITING)
    assert _stored()[1:] == ["only once"]
    network.come_back()

    _expect_the_same(hers, his)
    assert _stored()[1:] == ["only once"]
    assert network.counts["answers lost"] == 1


def test_messages_wait_while_there_is_no_connection_and_are_sent_once(hers, his, network):
    network.begin()
    texts = [f"text {number}" for number in range(6)]
    for text in texts[:3]:
        send(hers, text)
    network.go_down()
    for text in texts[3:]:
        send(hers, text)
    expect(hers.locator("#connection")).to_have_text("Reconnecting…")
    expect(row(hers, texts[-1]).locator(".progress")).to_have_text(WAITING)
    assert texts[-1] not in _stored()
    network.come_back()

    _expect_the_same(hers, his)
    assert _stored(sender__username="alice") == texts


def test_messages_on_a_connection_that_a_router_has_lost_are_sent_on_another_one(hers, his, network):
    send(hers, "before")
    expect(row(hers, "before").locator(".seen")).to_be_visible()
    network.freeze()
    for text in ("one", "two"):
        send(hers, text)
    send(his, "from bob meanwhile")

    _expect_the_same(hers, his)
    network.thaw()
    _expect_the_same(hers, his)
    assert _stored(sender__username="alice") == ["before", "one", "two"]


def test_edit_whose_answer_is_lost_keeps_its_text_and_is_saved_once(hers, his, network):
    send(hers, "first text")
    own = row(hers, "first text")
    expect(own.locator(".seen")).to_be_visible()
    own.get_by_role("link", name="Edit").click()
    box = hers.locator("li.message form.compose textarea")
    box.fill("second text")
    network.lose_answer(b"POST /chats/message/", go_down=True)
    hers.keyboard.press("Enter")
    expect(hers.locator("li.message form.compose .failed")).to_contain_text("Your text is kept")
    expect(box).to_have_value("second text")
    network.come_back()
    hers.keyboard.press("Enter")
    expect(box).to_have_count(0)

    _expect_the_same(hers, his)
    assert MessageHistory.objects.get().old_content == "first text"


def test_message_whose_report_as_read_is_lost_is_reported_again(hers, his, network):
    network.lose_answer(b"POST /chats/seen/", go_down=True)
    send(his, "please read")
    expect(row(hers, "please read")).to_be_visible()
    network.wait_for_lost_answer()
    network.come_back()

    _expect_the_same(hers, his)
    assert not Message.objects.filter(read=False).exists()


def test_text_is_still_there_after_a_page_that_could_not_be_opened(hers, network):
    hers.keyboard.type("half a text")
    network.go_down()
    hers.get_by_role("link", name="Inbox").first.click(no_wait_after=True)
    expect(hers).to_have_url(FAILED)
    network.come_back()
    hers.reload()
    hers.goto("/chats/with/bob/")

    expect_text(hers, "half a text")


def test_conversation_opens_and_sends_over_a_lossy_network(hers, his, network):
    network.begin(cuts=0)  # A page whose scripts could not be loaded works as one without JavaScript.
    hers.goto("/chats/")
    hers.locator('[data-counterpart="bob"] a').first.click()
    hers.locator(".composer textarea").focus()
    send(hers, "from a page that loaded slowly")
    # Without its scripts, the page sends the form, and shows no row before the response.
    expect(hers.locator("li.message .content")).to_have_count(2, timeout=PATIENCE)
    _expect_the_same(hers, his)
    assert _stored()[1:] == ["from a page that loaded slowly"]


@pytest.mark.parametrize("way", ["reload", "back"])
def test_form_without_javascript_whose_answer_is_lost_sends_once(
    open_browser, conversation, network, alice, way
):
    hers = open_browser(alice, at=network, java_script_enabled=False)
    # The first pages set cookies. Chromium requests a page again on Back if the cookies have changed since.
    hers.goto("/chats/with/bob/")
    hers.wait_for_url("**script=no*")  # A page with new messages loads itself again.
    for address in ("/chats/", "/chats/with/bob/"):
        hers.goto(address)
    hers.locator(".composer textarea").fill("by hand")
    network.lose_answer(b"POST /chats/new/", go_down=True)
    hers.get_by_role("button", name="Send").click(no_wait_after=True)
    expect(hers).to_have_url(FAILED)
    assert _stored()[1:] == ["by hand"]
    network.come_back()
    if way == "reload":
        hers.reload()
    else:
        hers.go_back()
        expect_text(hers, "by hand")
        hers.get_by_role("button", name="Send").click()

    expect(hers.locator("li.message .content")).to_have_text(["from bob", "by hand"])
    assert _stored()[1:] == ["by hand"]
