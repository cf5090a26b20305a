"""Open pages announce that a counterpart was erased, renamed or deactivated, and lose no typed text."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message

PASSWORD = "a-long-enough-password-1"
PAGES = {
    "conversation": "/chats/with/bob/",
    "thread": "/chats/thread/{}/",
    "reply": "/chats/message/{}/reply/",
    "new": "/chats/new/",
}
# Simulates a missing `events` process: the page polls instead, here forty times as often.
POLLING = """
window.EventSource = class extends EventTarget { close() {} };
const wait = window.setTimeout;
window.setTimeout = (work, time, ...more) => wait(work, time >= 8000 ? time / 40 : time, ...more);
"""


def change(user, **fields):
    for name, value in fields.items():
        setattr(user, name, value)
    user.save(update_fields=list(fields))


def _live(page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live", "yes")


def _text(page):
    return page.locator("form.compose textarea").last


def _button(page):
    return page.locator('form.compose button[type="submit"]').last


def _open(page, address, text="half a text", live=True, to="bob"):
    page.goto(address)
    if address == PAGES["new"] and to:
        page.get_by_label("To").fill(to)
        with page.expect_response("**/chats/counterpart/**"):  # Looks up the owner of the name.
            page.get_by_label("To").blur()
    if live:
        _live(page)
    if text:
        _text(page).fill(text)


@pytest.fixture
def hers(open_browser, alice):
    return open_browser(alice)


@pytest.fixture
def tabs(hers, message):
    """Open every page that has a form for messages to bob, each with an unfinished text."""
    opened = {name: hers.context.new_page() for name in PAGES}
    for name, tab in opened.items():
        _open(tab, PAGES[name].format(message.pk))
    return opened


def test_erasure_is_announced_on_open_pages_and_the_text_stays(tabs, browser_of, bob):
    bob.set_password(PASSWORD)
    bob.save()
    browser_of(bob).post("/accounts/delete/", {"password": PASSWORD})

    for tab in tabs.values():
        expect(tab.locator(".news")).to_have_text(
            "bob’s account was deleted. Everything you wrote to each other is gone. "
            "You can still copy your text."
        )
        expect(_text(tab)).to_have_value("half a text")
        expect(_button(tab)).to_be_disabled()
        if tab is not tabs["new"]:
            expect(tab.locator("form.compose .failed")).to_have_text("Nothing can be sent from here.")
        expect(tab.locator("main")).not_to_contain_text("Good morning, Bob")
    assert not Message.objects.exists()


def test_thread_whose_messages_are_all_deleted_keeps_the_text_and_sends_nothing(
    hers, message, write, alice, bob
):
    reply = write(bob, alice, "An answer", parent_message=message)
    _open(hers, PAGES["thread"].format(message.pk))
    reply.delete()
    expect(hers.locator("li.message")).to_have_count(1)
    expect(_button(hers)).to_be_enabled()
    message.delete()

    expect(_button(hers)).to_be_disabled()
    expect(hers.get_by_role("alert")).to_contain_text("no longer there. You can still copy your text.")
    expect(_text(hers)).to_have_value("half a text")


def test_thread_without_a_text_shows_that_all_its_messages_are_deleted(hers, message):
    _open(hers, PAGES["thread"].format(message.pk), text="")
    message.delete()

    expect(hers.get_by_role("heading", level=1)).to_have_text("Page not found")


def test_rename_is_announced_on_open_pages_and_the_next_send_arrives(tabs, browser_of, member, bob):
    staff = browser_of(member("root", is_staff=True, is_superuser=True))
    form = {"username": "robert", "email": "", "is_active": True}
    assert staff.post(f"/admin/accounts/user/{bob.pk}/change/", form).status_code == 302

    for name, tab in tabs.items():
        expect(tab.locator(".news")).to_have_text("bob is now called robert.")
        expect(_text(tab)).to_have_value("half a text")
        # The heading of a thread has its first words, which contain "Bob".
        expect(tab.locator("h1, h2, .who", has_text=re.compile("bob"))).to_have_count(0)
        _text(tab).fill(f"from the page {name}")
        _button(tab).click()
        expect(tab.locator("li.message .content", has_text=f"from the page {name}")).to_be_visible()
    assert Message.objects.filter(receiver=bob, content__startswith="from the page").count() == len(PAGES)
    assert "/chats/with/robert/?at=" in tabs["conversation"].url


def test_deactivation_and_reactivation_are_announced_on_open_pages(tabs, bob):
    change(bob, is_active=False)
    for tab in tabs.values():
        expect(tab.locator(".news")).to_contain_text(
            "bob’s account is deactivated: nobody can write to them. You"
        )
        expect(_button(tab)).to_be_disabled()
        expect(tab.get_by_role("link", name="Reply to")).to_have_count(0)
        expect(_text(tab)).to_have_value("half a text")
    change(bob, is_active=True)
    for tab in tabs.values():
        expect(tab.locator(".news")).to_have_text("bob’s account is active again.")
        expect(_text(tab)).to_have_value("half a text")
        expect(_button(tab)).to_be_enabled()
    _button(tabs["thread"]).click()
    expect(tabs["thread"].locator("li.message .content", has_text="half a text")).to_be_visible()


@pytest.mark.parametrize("when", ["erased", "deactivated", "chosen"])
def test_new_message_to_a_departed_member_can_go_to_another_name(hers, message, bob, charlie, when):
    if when != "chosen":
        _open(hers, "/chats/new/")
        bob.delete() if when == "erased" else change(bob, is_active=False)
    else:
        _open(hers, "/chats/new/", to="")
        change(bob, is_active=False)
        hers.get_by_label("To").fill("bob")
        hers.get_by_label("To").blur()
    expect(hers.locator("form.compose .failed")).to_have_text("Choose another name to send this.")
    expect(_button(hers)).to_be_disabled()
    hers.get_by_label("To").fill("charlie")
    _button(hers).click()

    expect(hers.locator("li.message .content")).to_have_text("half a text")
    assert Message.objects.get(content="half a text").receiver == charlie


# The page receives no updates, so it still shows the state from when it was opened.
WITHOUT_UPDATES = (
    POLLING
    + "window.fetch = ((ask) => (to, how) => (how?.method ? ask(to, how) : new Promise(() => {})))(fetch);"
)


@pytest.mark.parametrize("how", ["deactivated", "erased and again", "renamed and again"])
@pytest.mark.parametrize("page", PAGES)
def test_page_without_the_update_of_a_change_delivers_no_message(
    open_browser, member, message, alice, bob, how, page
):
    hers = open_browser(alice)
    hers.context.add_init_script(WITHOUT_UPDATES)
    hers.goto(PAGES[page].format(message.pk))
    if page == "new":
        hers.get_by_label("To").fill("bob")
    _text(hers).fill("half a text")
    {"er": bob.delete, "re": lambda: change(bob, username="robert"),
     "de": lambda: change(bob, is_active=False)}[how[:2]]()  # fmt: skip
    if how.endswith("again"):
        member("bob")
    _button(hers).click()

    expect(hers.locator("form.compose :is(.failed, .errorlist)").first).to_be_visible()
    expect(_text(hers)).to_have_value("half a text")
    assert not Message.objects.filter(content="half a text").exists()


@pytest.mark.parametrize("page", ["conversation", "thread"])
def test_page_whose_send_is_refused_after_a_rename_delivers_the_next_send(
    open_browser, message, alice, bob, page
):
    hers = open_browser(alice)
    hers.context.add_init_script(WITHOUT_UPDATES)
    hers.goto(PAGES[page].format(message.pk))
    _text(hers).fill("half a text")
    change(bob, username="robert")
    _button(hers).click()
    expect(hers.locator("form.compose .errorlist")).to_contain_text("is now called “robert”")
    with hers.expect_response(lambda answer: answer.request.method == "POST") as sent:
        _button(hers).click()

    assert sent.value.status == 204
    assert Message.objects.get(content="half a text").receiver_id == bob.pk


def test_draft_for_a_name_that_has_another_owner_by_then_is_refused_once(hers, member, bob):
    hers.goto("/chats/new/")
    hers.get_by_label("To").fill("bob")
    _text(hers).fill("half a text")
    bob.delete()
    member("bob")
    hers.goto("/chats/new/")
    expect(hers.get_by_label("To")).to_have_value("bob")
    _button(hers).click()
    expect(hers.locator(".errorlist")).to_contain_text("may have gone to another account")
    assert not Message.objects.exists()
    _button(hers).click()

    expect(hers.locator("li.message .content")).to_have_text("half a text")


def test_page_without_a_text_updates_its_composer(hers, message, bob):
    _open(hers, "/chats/with/bob/", text="")
    change(bob, is_active=False)
    expect(hers.locator("main > .deactivated")).to_be_visible()
    expect(hers.locator("form.compose")).to_have_count(0)
    change(bob, is_active=True)

    expect(hers.locator("form.compose")).to_have_count(1)
    expect(hers.get_by_role("link", name="Reply to")).to_have_count(1)
    bob.delete()
    expect(hers.locator(".news")).to_contain_text("account was deleted")
    expect(hers.locator("form.compose, li.message")).to_have_count(0)
    hers.reload()
    expect(hers.locator("main")).to_contain_text("may have been deleted")


def test_unfinished_reply_and_edit_in_rows_survive_changes_of_the_counterpart(
    hers, write, message, alice, bob
):
    answer = write(bob, alice, "an answer", parent_message=message)
    _open(hers, f"/chats/thread/{message.pk}/", text="")
    for pk, action, text in ((answer.pk, "Reply", "half a reply"), (message.pk, "Edit", "half an edit")):
        hers.locator(f"#m{pk}").get_by_role("link", name=action).click()
        hers.locator(f"#m{pk} textarea").fill(text)
    change(bob, username="robert")
    expect(hers.locator(".news")).to_have_text("bob is now called robert.")
    change(bob, is_active=False)
    expect(hers.locator(f"#m{answer.pk} form button[type=submit]")).to_be_disabled()
    hers.locator(f"#m{message.pk}").get_by_role("button", name="Save").click()
    expect(hers.locator(f"#m{message.pk} .content")).to_have_text("half an edit")
    bob.delete()

    expect(hers.locator(".news")).to_contain_text("robert’s account was deleted")
    expect(hers.locator(f"#m{answer.pk} textarea")).to_have_value("half a reply")


def test_name_that_another_member_took_shows_nothing_of_that_conversation(
    hers, member, write, message, alice, bob
):
    _open(hers, "/chats/with/bob/")
    hers.context.set_offline(True)
    change(bob, username="robert")
    write(member("bob"), alice, "of another bob")
    hers.context.set_offline(False)

    expect(hers.locator(".news")).to_have_text("bob is now called robert.")
    expect(hers.locator("li.message .content")).to_have_text(["Good morning, Bob"])
    expect(_text(hers)).to_have_value("half a text")
    assert "/chats/with/robert/?at=" in hers.url


def _wait_for(page, held, count):
    """Return the last of so many held requests."""
    for _ in range(300):
        if len(held) == count:
            break
        page.wait_for_timeout(50)
    return held[count - 1]


def test_name_that_another_member_takes_during_the_update_receives_no_message(
    hers, member, write, message, alice, bob
):
    _open(hers, "/chats/with/bob/", text="")
    held = []
    hers.route("**/chats/counterpart/**", lambda route: held.append(route))
    change(bob, username="robert")
    first = _wait_for(hers, held, 1)
    answer = first.fetch()
    change(bob, username="rob")
    write(member("robert"), alice, "of another robert")
    first.fulfill(response=answer)
    _wait_for(hers, held, 2)  # The next check begins after the first, and receives no response.
    _text(hers).fill("for bob")
    _button(hers).click()

    expect(hers.locator("form.compose .errorlist")).to_contain_text("is now called “rob”")
    assert not Message.objects.filter(content="for bob").exists()


def test_lists_announce_the_erased_or_renamed_member(
    hers, browser_of, member, write, message, alice, bob, charlie
):
    staff = browser_of(member("root", is_staff=True, is_superuser=True))
    write(charlie, alice, "from charlie")
    write(bob, alice, "from bob")
    tabs = [hers, *(hers.context.new_page() for _ in range(3))]
    addresses = ["/chats/", "/chats/unread/", "/chats/notifications/", "/chats/search/?q=from"]
    for tab, address in zip(tabs, addresses, strict=True):
        _open(tab, address, text="")
    change(bob, username="robert")
    for tab in tabs:
        expect(tab.locator("main")).to_contain_text("robert")
    for tab in tabs[:3]:
        expect(tab.locator(".news")).to_have_text("bob is now called robert.")
    chosen = {"action": "delete_selected", "_selected_action": charlie.pk, "post": "yes"}
    assert staff.post("/admin/accounts/user/", chosen).status_code == 302

    for tab in tabs:
        expect(tab.locator("#rows, #found")).not_to_contain_text("charlie")
    for tab in tabs[:3]:
        expect(tab.locator(".news")).to_contain_text("charlie’s account was deleted.")


def test_polling_pages_announce_the_changes_of_a_counterpart(open_browser, message, alice, bob):
    hers = open_browser(alice)
    hers.context.add_init_script(POLLING)
    tabs = [hers, hers.context.new_page(), hers.context.new_page()]
    for tab, page in zip(tabs, ("conversation", "reply", "new"), strict=True):
        _open(tab, PAGES[page].format(message.pk), live=False)
    for how, said in (
        (lambda: change(bob, username="robert"), "bob is now called robert."),
        (lambda: change(bob, is_active=False), "robert’s account is deactivated"),
        (bob.delete, "robert’s account was deleted."),
    ):
        how()
        for tab in tabs:
            expect(tab.locator(".news")).to_contain_text(said)
            expect(_text(tab)).to_have_value("half a text")


def test_changes_received_together_are_all_announced(hers, message, bob):
    _open(hers, "/chats/with/bob/")
    hers.context.set_offline(True)
    change(bob, username="robert", is_active=False)
    hers.context.set_offline(False)

    expect(hers.locator(".news")).to_have_text(
        "bob is now called robert. robert’s account is deactivated: nobody can write to them. "
        "You can still copy your text."
    )


def test_draft_for_a_deactivated_member_waits_for_its_own_form(hers, message, bob):
    _open(hers, "/chats/with/bob/")
    change(bob, is_active=False)
    expect(hers.locator(".news")).to_contain_text("is deactivated")
    hers.reload()
    expect(hers.locator("form.compose")).to_have_count(0)
    hers.goto("/chats/new/")
    expect(_text(hers)).to_have_value("")
    change(bob, is_active=True)
    hers.goto("/chats/with/bob/")

    expect(_text(hers)).to_have_value("half a text")
