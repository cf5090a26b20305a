"""Several tabs and several members in one browser lose no draft, and show none to another member."""

import pytest
from playwright.sync_api import expect

from tests.browser.composing import DRAFTS, SEND, check_session_now, expect_text, log_in_again, type_text

CONVERSATION = "/chats/with/bob/"


@pytest.fixture
def root(write, alice, bob):
    return write(bob, alice, "from bob")


@pytest.fixture
def hers(open_browser, root, alice):
    return open_browser(alice)


def test_each_form_has_a_draft_of_its_own(hers, write, root, alice, bob, charlie):
    own = [write(alice, bob, f"own {number}", parent_message=root) for number in range(2)]
    other = write(charlie, alice, "from charlie")
    # A reply, a thread and an edit may concern the same message id.
    forms = {f"/chats/message/{message.pk}/edit/": message.content for message in own}
    forms |= {f"/chats/message/{message.pk}/reply/": "" for message in (root, other, *own)}
    forms |= {f"/chats/thread/{message.pk}/": "" for message in (root, other)}
    forms |= dict.fromkeys((CONVERSATION, "/chats/with/charlie/"), "")
    forms |= dict.fromkeys(("/chats/new/", "/chats/new/?to=bob", "/chats/new/?to=charlie"), "")
    for address, empty in forms.items():
        hers.goto(address)
        expect_text(hers, empty)
        hers.locator("main > form.compose textarea").fill(f"only for {address}")
    hers.goto("/chats/new/")
    hers.get_by_label("To").fill("charlie")
    for address in forms:
        hers.goto(address)
        expect_text(hers, f"only for {address}")
        if "new" in address:
            expect(hers.get_by_label("To")).to_have_value("bob" if address.endswith("bob") else "charlie")


def test_draft_in_a_row_is_for_that_row_alone(hers, write, root, alice, bob):
    first, second = (write(alice, bob, f"row {number}", parent_message=root) for number in range(2))
    hers.goto(f"/chats/thread/{root.pk}/")

    def opened(message, action):
        row = hers.locator(f"#m{message.pk}")
        row.get_by_role("link", name=action).click()
        return row.get_by_role("textbox", name="Message")

    for action, other in (("Reply", ""), ("Edit", "row 1")):
        opened(first, action).fill(f"{action} the first")
        hers.reload()
        expect_text(hers, "")
        expect(opened(second, action)).to_have_value(other)
        hers.reload()
        expect(opened(first, action)).to_have_value(f"{action} the first")
        hers.reload()


def test_text_of_another_tab_stays_a_draft_when_one_is_sent(hers):
    type_text(hers, CONVERSATION, "first thought")
    other = hers.context.new_page()
    type_text(other, CONVERSATION, "second thought")
    other.get_by_role("button", name="Send").click()
    expect(other.locator(".message .content", has_text="second thought")).to_be_visible()
    expect(hers.locator(".message .content", has_text="second thought")).to_be_visible()
    hers.close()
    other.goto(CONVERSATION)

    expect_text(other, "first thought")


def test_draft_that_two_tabs_show_is_gone_when_one_sends_it(hers):
    type_text(hers, CONVERSATION, "the same thought")
    other = hers.context.new_page()
    other.goto(CONVERSATION)
    expect_text(other, "the same thought")
    other.get_by_role("button", name="Send").click()
    expect(hers.locator(".message .content", has_text="the same thought")).to_be_visible()

    assert other.evaluate(DRAFTS) == []


@pytest.mark.parametrize("address", ["/chats/new/?to=bob", "/chats/message/{}/reply/"])
def test_back_after_a_send_shows_an_empty_form(hers, root, address):
    type_text(hers, address.format(root.pk), "sent once")
    hers.get_by_role("button", name=SEND).click()
    expect(hers.locator(".message .content", has_text="sent once")).to_be_visible()
    hers.go_back()

    expect_text(hers, "")
    assert hers.evaluate(DRAFTS) == []


def test_log_in_as_another_member_from_the_dialog_leaves_no_draft_but_the_page(
    hers, site, browser_of, alice, bob
):
    type_text(hers, CONVERSATION, "between alice and bob")
    log_in_again(hers, site, browser_of, bob)
    his = hers.context.new_page()
    his.goto("/chats/with/alice/")
    expect_text(his, "")
    assert his.evaluate(DRAFTS) == []
    check_session_now(hers)
    expect(hers.get_by_role("dialog", name="Somebody else")).to_be_visible()
    log_in_again(hers, site, browser_of, alice)
    check_session_now(hers)
    expect_text(hers, "between alice and bob")
    his.close()
    hers.reload()

    expect_text(hers, "between alice and bob")


@pytest.fixture
def open_forms(hers, write, root, alice, bob):
    """Open tabs with empty forms: one has the focus, two are a reply and an edit in a row."""
    own = write(alice, bob, "mine", parent_message=root)
    tabs = {}
    for kind in ("focus", "Reply", "Edit"):
        tab = tabs[kind] = hers.context.new_page()
        tab.goto(f"/chats/thread/{root.pk}/")
        expect(tab.locator("html")).to_have_attribute("data-live", "yes")
        if kind == "focus":
            tab.locator("main > form.compose textarea").focus()
        else:
            tab.locator(f"#m{own.pk}").get_by_role("link", name=kind).click()
            expect(tab.locator(f"#m{own.pk} textarea")).to_be_focused()
            tab.evaluate("document.activeElement.blur()")
        tab.evaluate("window.wasReloaded = false")
    return tabs


def _are_kept(tabs) -> None:
    for kind, tab in tabs.items():
        assert tab.evaluate("window.wasReloaded") is False, kind
        expect(tab.locator("form.compose:not(#mark-unread)")).to_have_count(1 if kind == "focus" else 2)


def test_open_form_without_text_stays_when_another_tab_logs_out(hers, open_forms):
    hers.goto("/accounts/")
    hers.get_by_role("button", name="Log out").click()
    for tab in open_forms.values():
        expect(tab.get_by_role("dialog", name="You have been logged out")).to_be_visible()

    _are_kept(open_forms)


def test_open_form_without_text_comes_back_after_another_member(
    hers, open_forms, site, browser_of, alice, bob
):
    log_in_again(hers, site, browser_of, bob)
    for tab in open_forms.values():
        check_session_now(tab)
        expect(tab.get_by_role("dialog", name="Somebody else")).to_be_visible()
    log_in_again(hers, site, browser_of, alice)
    for tab in open_forms.values():
        check_session_now(tab)
        expect(tab.get_by_role("dialog")).to_have_count(0)

    _are_kept(open_forms)


def test_open_form_without_text_stays_when_its_thread_is_deleted(hers, root):
    hers.add_init_script("window.EventSource = class extends EventTarget { close() {} }")
    hers.goto(f"/chats/thread/{root.pk}/")
    hers.locator("main > form.compose textarea").focus()
    hers.evaluate("window.wasReloaded = false")
    root.delete()
    check_session_now(hers)

    expect(hers.get_by_role("button", name="Reply", exact=True)).to_be_disabled()
    assert hers.evaluate("window.wasReloaded") is False


def test_page_of_a_long_conversation_with_an_open_form_is_not_left(hers, write_many, alice, bob):
    rows = write_many(bob, alice, 60)
    hers.goto(f"{CONVERSATION}?from={rows[0].pk}")
    hers.locator(f"#m{rows[1].pk}").get_by_role("link", name="Reply").click()
    expect(hers.locator(f"#m{rows[1].pk} textarea")).to_be_focused()
    with hers.expect_response(lambda response: response.request.method == "HEAD"):
        hers.evaluate(f"location.hash = 'm{rows[-1].pk}'")
    hers.locator("main > form.compose textarea").fill("to the end")
    hers.get_by_role("button", name="Send").click()
    expect_text(hers, "")
    expect(hers.locator(f"#m{rows[1].pk} textarea")).to_be_visible()

    hers.locator(f"#m{rows[1].pk}").get_by_role("button", name="Cancel").click()
    hers.evaluate(f"location.hash = 'm{rows[-2].pk}'")
    expect(hers.locator(f"#m{rows[-2].pk}")).to_be_in_viewport()


def test_draft_of_any_length_is_whole(hers):
    for count in (10_001, 50_001, 200_000):
        type_text(hers, CONVERSATION, "x" * count)
        hers.reload()
        expect_text(hers, "x" * count)


def test_full_storage_gives_up_its_oldest_drafts(hers, alice):
    hers.goto("/chats/")
    hers.evaluate(
        """member => { try { for (let n = 0; ; n++) localStorage.setItem(`draft ${member} edit:${n}`,
          JSON.stringify({text: "x".repeat(250_000), at: Date.now() - 86_400_000 + n})) } catch {} }""",
        alice.pk,
    )
    type_text(hers, CONVERSATION, "y" * 250_000)
    hers.reload()

    expect_text(hers, "y" * 250_000)
    kept = hers.evaluate(DRAFTS)
    assert f"draft {alice.pk} edit:0" not in kept
    assert f"draft {alice.pk} edit:10" in kept
