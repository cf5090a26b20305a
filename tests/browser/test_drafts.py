"""A typed text is delivered once to its intended receiver, or it is kept."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import (
    DRAFTS,
    SEND,
    check_session_now,
    end_sessions,
    expect_text,
    first_of,
    log_in_again,
    log_out_and_lose_texts,
    type_text,
)
from tests.support.running_site import ROOT

NGINX = {int(path.stem): path for path in (ROOT / "services" / "nginx" / "errors" / "en").glob("*.html")}
# Disables polling, so that only events make the page check for changes.
NO_POLLS = "const after = setTimeout; window.setTimeout = (f, ms, ...a) => ms > 5000 ? 0 : after(f, ms, ...a)"


@pytest.fixture
def people(write, alice, bob, charlie):
    """alice has conversations with bob and with charlie."""
    return {"bob": write(bob, alice, "from bob"), "charlie": write(charlie, alice, "from charlie")}


# Responses that accept no message: the status (None: no response), and the value of X-Accepted.
NOT_ACCEPTED = [(status, None) for status in (403, 409, 413, 422, 429, 500, 502, 503, None, 200, 201, 204)]
NOT_ACCEPTED += [(204, ""), (204, "4b0b9a4e-2f0e-4d53-a9b0-6a3c8d5d1f00"), (200, "yes")]
# Else the test would take the alert about the response before for the one about the next.
EMPTY_ALERTS = "document.querySelectorAll('[role=alert]').forEach(alert => { alert.textContent = '' })"


def _fail_with(page, status, accepted) -> None:
    """Answer sends with this status and X-Accepted header, and with the error page of nginx if it has one."""
    body = NGINX[status].read_text() if status in NGINX else "<h1>Something else</h1>"
    headers = {"Content-Type": "text/html"} | ({} if accepted is None else {"X-Accepted": accepted})

    def answer(route):
        if route.request.method != "POST":
            route.continue_()
        elif status is None:
            route.abort()
        else:
            route.fulfill(status=status, body="" if status == 204 else body, headers=headers)

    page.unroute("**/chats/new/")
    page.route("**/chats/new/", answer)


def test_failed_send_keeps_form_and_draft(open_browser, people, alice, browser_errors):
    hers = open_browser(alice)
    type_text(hers, "/chats/new/", "kept", to="bob")
    for status, header in NOT_ACCEPTED:
        _fail_with(hers, status, header)
        hers.evaluate(EMPTY_ALERTS)
        hers.get_by_role("button", name=SEND).click()
        says = "there is no connection" if status is None else "Your text is kept"
        expect(hers.locator("form.compose:not([data-busy])").get_by_role("alert")).to_contain_text(says)
        expect_text(hers, "kept")
        assert len(hers.evaluate(DRAFTS)) == 1, status
    hers.unroute("**/chats/new/")
    hers.goto("/chats/")
    hers.goto("/chats/new/")
    expect_text(hers, "kept")
    hers.get_by_role("button", name=SEND).click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="kept")).to_be_visible()

    assert Message.objects.filter(content="kept").count() == 1
    assert hers.evaluate(DRAFTS) == []
    browser_errors[:] = [error for error in browser_errors if "status of 50" not in error]


@pytest.mark.parametrize("changed", [True, False])
def test_send_whose_response_is_lost_is_delivered_once(open_browser, people, alice, changed):
    hers = open_browser(alice)
    type_text(hers, "/chats/new/", "first", to="bob")

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        route.fetch(max_redirects=0)
        return route.abort()

    # Match only the send, since the page also posts the ids of seen messages at any time.
    sends = hers.locator("main > form.compose").evaluate("form => form.action")
    hers.route(sends, lose)
    hers.get_by_role("button", name=SEND).click()
    expect(hers.get_by_role("alert")).to_contain_text("there is no connection")
    hers.unroute(sends)
    hers.reload()  # The draft keeps the client_id of the send that may have arrived.
    expect_text(hers, "first")
    if changed:
        hers.locator("main > form.compose textarea").fill("first, changed")
        hers.get_by_role("button", name=SEND).click()
        expect(hers.locator(".errorlist")).to_contain_text("sent before")
    hers.get_by_role("button", name=SEND).click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="first")).not_to_have_count(0)
    expect(hers.locator(".errorlist")).to_have_count(0)

    texts = sorted(Message.objects.filter(content__startswith="first").values_list("content", flat=True))
    assert texts == (["first", "first, changed"] if changed else ["first"])


def test_suggested_name_fills_the_field_and_sends_nothing(open_browser, people, alice, picture):
    hers = open_browser(alice)
    type_text(hers, "/chats/new/", "not yet finis", to="bo")
    hers.get_by_role("button", name="Send").click()
    hers.get_by_role("button", name="bob").click()

    expect(hers.get_by_label("To")).to_have_value("bob")
    expect(hers.get_by_role("textbox", name="Message")).to_be_focused()
    expect_text(hers, "not yet finis")
    assert not Message.objects.filter(content__startswith="not yet").exists()


def test_suggested_name_without_javascript_sends_nothing(open_browser, people, alice):
    hers = open_browser(alice, java_script_enabled=False)
    type_text(hers, "/chats/new/", "not yet finis", to="bo")
    hers.get_by_role("button", name="Send").click()
    hers.get_by_role("button", name="bob").click()

    expect(hers.get_by_label("To")).to_have_value("bob")
    expect_text(hers, "not yet finis")
    assert not Message.objects.filter(content__startswith="not yet").exists()


def test_lost_session_keeps_the_page_and_the_form_works_after_the_log_in(
    open_browser, site, browser_of, people, alice, picture
):
    hers = open_browser(alice)
    hers.context.add_init_script(NO_POLLS)
    type_text(hers, "/chats/with/bob/", "in the middle of")
    end_sessions()
    check_session_now(hers)
    dialog = hers.get_by_role("dialog", name="You have been logged out")
    expect(dialog.get_by_role("link", name="Log in")).to_have_attribute("target", "_blank")
    for theme in ("light", "dark"):
        hers.emulate_media(color_scheme=theme)
        for width in (390, 1280):
            hers.set_viewport_size({"width": width, "height": 800})
            picture(hers, f"logged-out-{theme}-{width}", whole=False)
        assert not Axe().run(hers).violations_count
    log_in_again(hers, site, browser_of, alice)
    hers.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(dialog).to_have_count(0)
    expect_text(hers, "in the middle of")
    hers.get_by_role("button", name="Send").click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="in the middle of")).to_be_visible()

    assert Message.objects.filter(content="in the middle of").count() == 1


@pytest.mark.parametrize(
    ("where", "to", "is_noticed"), [("/chats/with/bob/", None, True), ("/chats/new/", "bob", False)]
)
def test_form_works_after_a_log_in_in_another_tab(open_browser, people, alice, where, to, is_noticed):
    """A log-in invalidates the CSRF token of open forms. Pages renew it at once or after a refusal."""
    alice.set_password("warp-and-weft-7")
    alice.save()
    hers = open_browser(alice)
    hers.context.add_init_script(NO_POLLS)
    if not is_noticed:  # By no request, also not by one that begins before the session ends.
        hers.route(re.compile(r"/chats/(state|counterpart)/|part=rows"), lambda route: route.abort())
    type_text(hers, where, "before and after", to)
    token = hers.locator("main > form.compose input[name=csrfmiddlewaretoken]")
    old = token.input_value()
    end_sessions()
    if is_noticed:
        check_session_now(hers)
        with hers.context.expect_page() as opened:
            hers.get_by_role("dialog").get_by_role("link", name="Log in").click()
    else:
        with hers.context.expect_page() as opened:
            hers.context.new_page().goto("/accounts/login/")
    log_in = opened.value
    log_in.get_by_label("Username").fill("alice")
    log_in.get_by_label("Password").fill("warp-and-weft-7")
    log_in.get_by_role("button", name="Log in").click()
    expect(log_in.get_by_role("heading", name="Inbox")).to_be_visible()
    log_in.close()
    if is_noticed:
        check_session_now(hers)
        expect(token).not_to_have_value(old)
    expect(hers.get_by_role("dialog")).to_have_count(0)
    statuses = []
    hers.on("response", lambda response: statuses.append(response.status))
    hers.get_by_role("button", name=SEND).click()

    expect(hers.locator(".message:not(.is-unsent) .content", has_text="before and after")).to_be_visible()
    assert Message.objects.filter(content="before and after").count() == 1
    assert (403 in statuses) is not is_noticed


def test_log_out_in_one_tab_covers_a_half_written_text_in_another(open_browser, people, alice):
    hers = open_browser(alice)
    type_text(hers, "/chats/with/bob/", "half a thought")
    other = hers.context.new_page()
    other.goto("/accounts/")
    log_out_and_lose_texts(other)

    expect(hers.get_by_role("dialog", name="You have been logged out")).to_be_visible()
    expect_text(hers, "half a thought")
    assert other.evaluate(DRAFTS) == []


def test_visit_to_the_log_in_page_after_a_lost_session_keeps_drafts(
    open_browser, site, browser_of, people, alice
):
    hers = open_browser(alice)
    hers.route("**/accounts/logout/", lambda route: route.fulfill(status=503, body="<h1>Later</h1>"))
    hers.goto("/accounts/")
    hers.get_by_role("button", name="Log out").click()  # It fails, so the session stays.
    expect(hers.get_by_role("heading", name="Later")).to_be_visible()
    type_text(hers, "/chats/with/bob/", "still here")
    end_sessions()
    hers.goto("/chats/")
    expect(hers.get_by_role("heading", name="Log in")).to_be_visible()
    hers.goto("/accounts/signup/")
    log_in_again(hers, site, browser_of, alice)
    hers.goto("/chats/with/bob/")

    expect_text(hers, "still here")


def test_error_pages_with_the_navigation_are_accessible(open_browser, people, alice, picture):
    hers = open_browser(alice)
    for name, address in {
        "404": "/chats/thread/1/",
        "405": "/accounts/logout/",
        "unknown": "/no/page",
    }.items():
        hers.goto(address)
        for theme in ("light", "dark") if name == "404" else ():  # All pages use one template.
            hers.emulate_media(color_scheme=theme)
            for width in (390, 1280):
                hers.set_viewport_size({"width": width, "height": 700})
                picture(hers, f"error-member-{name}-{theme}-{width}", whole=False)
            assert not Axe().run(hers).violations_count
        expect(hers.get_by_role("link", name="Inbox", exact=True)).to_be_visible()


def test_text_typed_before_the_script_loads_is_not_replaced_by_a_draft(open_browser, people, alice):
    hers = open_browser(alice)
    type_text(hers, "/chats/with/bob/", "the old draft")
    waiting = []
    hers.route("**/bobbin*.js", lambda route: waiting.append(route))
    hers.goto("/chats/with/bob/", wait_until="commit")
    hers.locator("main > form.compose textarea").fill("newer")
    first_of(hers, waiting).continue_()
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")

    expect_text(hers, "newer")


def test_page_of_the_first_member_shows_nothing_to_the_second(
    open_browser, site, browser_of, people, alice, bob, picture
):
    hers = open_browser(alice)
    type_text(hers, "/chats/with/charlie/", "between alice and charlie")
    log_in_again(hers, site, browser_of, bob)
    check_session_now(hers)
    expect(hers.get_by_role("dialog", name="Somebody else")).to_be_visible()
    picture(hers, "another-member", whole=False)
    assert "charlie" not in hers.content()
    assert hers.locator("textarea").count() == 0
    log_in_again(hers, site, browser_of, alice)
    check_session_now(hers)

    expect_text(hers, "between alice and charlie")


def test_log_out_in_one_tab_ends_the_others(open_browser, people, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    other = hers.context.new_page()
    other.goto("/accounts/")
    other.get_by_role("button", name="Log out").click()

    expect(hers.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize("text", ["half a reply", ""])
def test_deleted_message_under_an_open_reply_leaves_the_form(open_browser, write, people, alice, bob, text):
    other = write(bob, alice, "soon gone", parent_message=people["bob"])
    hers = open_browser(alice)
    hers.goto(f"/chats/thread/{people['bob'].pk}/")
    row = hers.locator(f"#m{other.pk}")
    row.get_by_role("link", name="Reply").click()
    row.get_by_role("textbox", name="Message").fill(text)
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    other.delete()

    expect(row.get_by_role("alert")).to_contain_text("copy your text" if text else "nothing can be sent here")
    expect(row.get_by_role("textbox", name="Message")).to_have_value(text)
    expect(row.get_by_role("button", name="Reply")).to_be_disabled()


def test_erased_account_under_a_half_written_reply_leaves_the_text(open_browser, people, alice, bob):
    hers = open_browser(alice)
    type_text(hers, f"/chats/thread/{people['bob'].pk}/", "half a reply")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    hers.context.set_offline(True)
    bob.delete()
    hers.context.set_offline(False)

    expect(hers.get_by_role("alert")).to_be_visible()
    expect_text(hers, "half a reply")


@pytest.mark.parametrize(
    "broken",
    [
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }",
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'Security'); }})",
        "localStorage.setItem('draft 1 new:', '{broken'); localStorage.setItem('draft x', 'null')",
    ],
)
def test_storage_that_fails_breaks_no_page(open_browser, people, alice, broken):
    hers = open_browser(alice)
    hers.add_init_script(broken)
    type_text(hers, "/chats/with/bob/", "sent anyway")
    hers.get_by_role("button", name="Send").click()

    expect(hers.locator(".message:not(.is-unsent) .content", has_text="sent anyway")).to_be_visible()


def test_drafts_are_bounded_in_number_and_age(open_browser, people, alice):
    hers = open_browser(alice)
    hers.goto("/chats/")
    fill = """member => { for (let n = 0; n < 200; n++) localStorage.setItem(
      `draft ${member} edit:${n}`, JSON.stringify({text: "x", at: Date.now() - n * 86_400_000 / 4})) }"""
    hers.evaluate(fill, alice.pk)
    hers.reload()

    assert len(hers.evaluate(DRAFTS)) == 50
    assert f"draft {alice.pk} edit:0" in hers.evaluate(DRAFTS)


# Records whether any frame showed the page after it was left and before the dialog covered it.
WATCH = """
addEventListener("pagehide", () => window.wasShown = false);
requestAnimationFrame(function look() {
  const main = document.querySelector("body[data-member] main");
  const isShown = main?.checkVisibility({visibilityProperty: true});
  if (isShown && !document.querySelector("dialog[open]")) window.wasShown = true;
  requestAnimationFrame(look);
});
"""


@pytest.mark.parametrize("address", ["/chats/", "/chats/with/bob/"])
@pytest.mark.parametrize("leave_to", ["/chats/search/", "about:blank"])
def test_back_after_the_session_ended_shows_nothing(open_browser, people, alice, address, leave_to):
    hers = open_browser(alice)
    hers.context.add_init_script(WATCH)
    hers.goto(address)
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    assert hers.evaluate("window.wasShown")
    hers.goto(leave_to)
    end_sessions()
    hers.go_back()

    covered = hers.get_by_role("dialog", name="You have been logged out")
    expect(covered.or_(hers.get_by_role("heading", name="Log in"))).to_be_visible()
    assert not hers.evaluate("window.wasShown")


def test_back_shows_the_page_after_the_session_check(open_browser, people, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.goto("/chats/search/")
    hers.go_back()

    expect(hers.get_by_role("main").get_by_text("from bob", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "address", ["/chats/", "/chats/with/bob/", "/chats/notifications/", "/chats/search/?q=from"]
)
def test_page_from_the_back_forward_cache_checks_its_session_at_once(open_browser, people, alice, address):
    """Headless Chromium has no back/forward cache, so the test dispatches the events."""
    hers = open_browser(alice)
    hers.context.add_init_script(NO_POLLS)
    with hers.expect_response("**/chats/state/**"):  # The stream is open.
        hers.goto(address)
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    kept = "name => dispatchEvent(new PageTransitionEvent(name, {persisted: true}))"
    hers.evaluate(kept, "pagehide")
    expect(hers.locator("html")).to_have_class(re.compile("is-checking"))
    with hers.expect_response("**/chats/state/**"):
        hers.evaluate(kept, "pageshow")

    expect(hers.locator("html")).not_to_have_class(re.compile("is-checking"))


def test_draft_of_an_empty_conversation_stays_after_the_first_message(open_browser, write, alice, bob):
    hers = open_browser(alice)
    type_text(hers, "/chats/with/bob/", "half a greeting")
    hers.goto("/chats/")
    write(bob, alice, "from bob")
    hers.goto("/chats/with/bob/")
    expect_text(hers, "half a greeting")
    hers.goto("/chats/")

    expect(hers.locator('[data-counterpart="bob"]')).to_contain_text("Draft")
    hers.goto("/chats/with/bob/")
    expect_text(hers, "half a greeting")
