"""Several tabs and several members in one browser lose no draft, and show none to another member."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message
from tests.browser.composing import (
    DRAFTS,
    SEND,
    check_session_now,
    end_sessions,
    expect_text,
    leave_composer,
    log_in_again,
    type_text,
)

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
    forms["/chats/new/"] = ""
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
            expect(hers.get_by_label("To")).to_have_value("charlie")


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
    expect(other.locator(".message:not(.is-unsent) .content", has_text="second thought")).to_be_visible()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="second thought")).to_be_visible()
    hers.close()
    other.goto(CONVERSATION)

    expect_text(other, "first thought")


def test_draft_that_two_tabs_show_is_gone_when_one_sends_it(hers):
    type_text(hers, CONVERSATION, "the same thought")
    other = hers.context.new_page()
    other.goto(CONVERSATION)
    expect_text(other, "the same thought")
    other.get_by_role("button", name="Send").click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="the same thought")).to_be_visible()

    assert other.evaluate(DRAFTS) == []
    expect_text(hers, "")


def test_empty_form_shows_the_draft_of_a_tab_that_was_closed_since(hers):
    hers.goto(CONVERSATION)
    leave_composer(hers)
    other = hers.context.new_page()
    type_text(other, CONVERSATION, "typed elsewhere")
    other.close()
    hers.wait_for_function(f"() => {DRAFTS}.length === 1")  # A process receives the changes of others later.
    hers.locator("main > form.compose textarea").press_sequentially(", and here")

    expect_text(hers, "typed elsewhere, and here")


def test_tab_that_is_shown_again_shows_the_draft_of_a_closed_tab_before_it_has_the_focus(hers):
    hers.goto(CONVERSATION)
    other = hers.context.new_page()
    type_text(other, CONVERSATION, "typed elsewhere")
    other.close()
    hers.wait_for_function(f"() => {DRAFTS}.length === 1")  # A process receives the changes of others later.
    expect_text(hers, "")
    hers.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect_text(hers, "typed elsewhere")


def test_text_that_two_tabs_send_after_a_lost_response_is_delivered_once(hers):
    type_text(hers, CONVERSATION, "sent in both tabs")
    other = hers.context.new_page()
    other.goto(CONVERSATION)
    expect_text(other, "sent in both tabs")
    lost = []

    def lose_the_first(route):
        if lost:
            return route.continue_()
        lost.append(route)
        route.fetch()
        return route.abort()

    other.route("**/chats/new/", lose_the_first)
    other.get_by_role("button", name="Send").click()
    expect_text(hers, "")  # The text has moved into the queue, which both tabs send.
    hers.locator("main > form.compose textarea").focus()
    hers.get_by_role("button", name="Send").click()
    for tab in (hers, other):
        expect(tab.locator("li.is-mine:not(.is-unsent)", has_text="sent in both tabs")).to_have_count(1)
        expect(tab.locator("li.is-unsent")).to_have_count(0)

    assert len(lost) == 1
    assert Message.objects.filter(content="sent in both tabs").count() == 1


def test_edit_that_another_tab_saves_leaves_its_text_in_this_tab(hers, write, root, alice, bob):
    own = write(alice, bob, "first text", parent_message=root)
    other = hers.context.new_page()
    for tab in (hers, other):
        tab.goto(f"/chats/message/{own.pk}/edit/")
        tab.locator("main > form.compose textarea").fill("second text")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".message:not(.is-unsent) .content", has_text="second text")).to_be_visible()

    expect_text(hers, "second text")
    hers.get_by_role("button", name="Save").click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="second text")).to_be_visible()


@pytest.mark.parametrize("has_storage", [True, False])
def test_tab_warns_before_it_loses_a_text_that_is_not_stored(hers, has_storage):
    dialogs = []
    hers.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    if not has_storage:
        hers.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full') }")
    hers.goto(CONVERSATION)
    hers.locator("main > form.compose textarea").press_sequentially("a text")
    hers.goto("/chats/")

    assert dialogs == ([] if has_storage else ["beforeunload"])


def test_tab_warns_before_it_loses_a_text_that_another_tab_replaced(hers):
    dialogs = []
    hers.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    hers.goto(CONVERSATION)
    hers.locator("main > form.compose textarea").press_sequentially("one thought")
    other = hers.context.new_page()
    type_text(other, CONVERSATION, "another thought")
    # Each tab has a copy of the storage, which follows a moment later.
    hers.wait_for_function(
        "() => Object.values(localStorage).some(value => value.includes('another thought'))"
    )
    hers.goto("/chats/")

    assert dialogs == ["beforeunload"]


@pytest.mark.parametrize(("address", "to"), [("/chats/new/", "bob"), ("/chats/message/{}/reply/", None)])
def test_back_after_a_send_shows_an_empty_form(hers, root, address, to):
    type_text(hers, address.format(root.pk), "sent once", to)
    hers.get_by_role("button", name=SEND).click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="sent once")).to_be_visible()
    hers.go_back()

    expect_text(hers, "")
    assert hers.evaluate(DRAFTS) == []


def test_back_to_an_earlier_visit_does_not_bring_back_a_sent_text(hers):
    type_text(hers, CONVERSATION, "sent only once")
    hers.goto("/chats/")
    hers.goto(CONVERSATION)
    expect_text(hers, "sent only once")
    hers.get_by_role("button", name=SEND).click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="sent only once")).to_be_visible()
    expect_text(hers, "")

    hers.go_back()
    hers.go_back()

    expect(hers.locator(".message:not(.is-unsent) .content", has_text="sent only once")).to_be_visible()
    expect_text(hers, "")


def test_back_to_a_visit_that_only_restored_the_draft_does_not_bring_back_a_sent_text(hers):
    type_text(hers, CONVERSATION, "sent only once")
    hers.goto("/chats/")
    hers.goto(CONVERSATION)  # The member types nothing here.
    expect_text(hers, "sent only once")
    hers.goto("/chats/")
    hers.goto(CONVERSATION)
    hers.get_by_role("button", name=SEND).click()
    expect_text(hers, "")

    hers.go_back()
    hers.go_back()

    expect(hers.locator(".message:not(.is-unsent) .content", has_text="sent only once")).to_be_visible()
    expect_text(hers, "")


def test_deletion_of_the_account_deletes_its_drafts(open_browser, root, alice):
    alice.set_password("warp-and-weft-7")
    alice.save()
    hers = open_browser(alice)
    type_text(hers, CONVERSATION, "a secret")
    hers.goto("/accounts/delete/")
    hers.get_by_label("Password").fill("warp-and-weft-7")
    hers.get_by_role("button", name="Delete my account").click()

    expect(hers.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    assert hers.evaluate(DRAFTS) == []


@pytest.mark.parametrize("keys", [[], ["Control"], ["Shift"]])
def test_log_out_in_any_tab_deletes_the_drafts(hers, keys):
    type_text(hers, CONVERSATION, "a secret")
    hers.goto("/accounts/")
    hers.get_by_role("button", name="Log out").click()
    button = hers.get_by_role("button", name="Log out anyway")
    if keys:
        with hers.context.expect_page() as opened:
            button.click(modifiers=keys)
        left = opened.value
    else:
        button.click()
        left = hers

    expect(left.get_by_role("heading", name="You have logged out")).to_be_visible()
    left.wait_for_function(f"() => {DRAFTS}.length === 0")
    if keys:
        expect(hers.get_by_role("heading", name="Log in")).to_be_visible()


def test_log_out_in_the_administration_deletes_the_drafts(hers, alice):
    alice.is_staff = True
    alice.save()
    type_text(hers, CONVERSATION, "a secret")
    hers.goto("/admin/")
    hers.get_by_role("button", name="Log out").click()

    expect(hers.get_by_role("heading", name="You have logged out")).to_be_visible()
    hers.wait_for_function(f"() => {DRAFTS}.length === 0")


def test_suggestions_after_a_lost_session_are_empty(hers):
    # Otherwise the page could notice the end of the session first, and cover the field.
    hers.route("**/chats/state/**", lambda route: route.abort())
    hers.goto("/chats/new/")
    expect(hers.locator("#beside li").first).to_be_visible()
    end_sessions()
    with hers.expect_response("**/chats/people/**"):
        hers.get_by_label("To").press_sequentially("bo")
    hers.wait_for_load_state("networkidle")

    assert hers.locator("datalist form").count() == 0


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


def test_focus_caret_and_scroll_position_return_after_another_member(
    hers, site, browser_of, write_many, alice, bob
):
    write_many(bob, alice, 50)
    type_text(hers, CONVERSATION, "between alice and bob")
    hers.evaluate("document.activeElement.setSelectionRange(7, 7)")
    top = hers.evaluate("() => { scrollTo(0, 200); return scrollY }")
    log_in_again(hers, site, browser_of, bob)
    check_session_now(hers)
    expect(hers.get_by_role("dialog", name="Somebody else")).to_be_visible()
    log_in_again(hers, site, browser_of, alice)
    check_session_now(hers)
    expect(hers.get_by_role("dialog")).to_have_count(0)
    expect(hers.locator("main > form.compose textarea")).to_be_focused()
    assert hers.evaluate("scrollY") == top > 0
    hers.keyboard.type(" us,")

    expect_text(hers, "between us, alice and bob")


def test_text_hidden_from_another_member_stays_when_that_member_logs_out(hers, site, browser_of, alice, bob):
    type_text(hers, CONVERSATION, "between alice and bob")
    other = hers.context.new_page()
    log_in_again(hers, site, browser_of, bob)
    check_session_now(hers)
    expect(hers.get_by_role("dialog", name="Somebody else")).to_be_visible()
    other.goto("/accounts/")
    other.get_by_role("button", name="Log out").click()
    expect(hers.get_by_role("dialog", name="You have been logged out")).to_be_visible()
    log_in_again(hers, site, browser_of, alice)
    check_session_now(hers)

    expect(hers.get_by_role("dialog")).to_have_count(0)
    expect_text(hers, "between alice and bob")


@pytest.fixture
def open_forms(hers, write, root, alice, bob):
    """Open tabs with empty forms: a reply and an edit in a row."""
    own = write(alice, bob, "mine", parent_message=root)
    tabs = {}
    for kind in ("Reply", "Edit"):
        tab = tabs[kind] = hers.context.new_page()
        tab.goto(f"/chats/thread/{root.pk}/")
        expect(tab.locator("html")).to_have_attribute("data-live", "yes")
        tab.locator(f"#m{own.pk}").get_by_role("link", name=kind).click()
        expect(tab.locator(f"#m{own.pk} textarea")).to_be_focused()
        tab.evaluate("document.activeElement.blur()")
        tab.evaluate("window.wasReloaded = false")
    return tabs


def _are_kept(tabs) -> None:
    for kind, tab in tabs.items():
        assert tab.evaluate("window.wasReloaded") is False, kind
        expect(tab.locator("form.compose:not(#mark-unread)")).to_have_count(2)


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
    hers.locator(f"#m{root.pk}").get_by_role("link", name="Reply").click()
    expect(hers.locator(f"#m{root.pk} textarea")).to_be_focused()
    hers.evaluate("window.wasReloaded = false")
    root.delete()
    check_session_now(hers)

    expect(hers.locator("li.message").get_by_role("button", name="Reply", exact=True)).to_be_disabled()
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
