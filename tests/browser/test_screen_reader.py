"""Screen readers get a named log of named messages, and the keyboard reaches the message field at once."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message

HIDDEN_LOG = "log => [log.getAttribute('aria-live'), log.getAttribute('aria-label')]"


@pytest.fixture
def items(write_many, alice, bob):
    return write_many(bob, alice, 60, content="Item")


def test_messages_are_a_named_log_that_announces_nothing_itself(open_browser, write, alice, bob):
    write(bob, alice, "fangorious, ok")
    write(alice, bob, "Not at all")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    log = hers.get_by_role("log", name="Messages with bob")
    expect(log.get_by_role("listitem")).to_have_count(4)  # With the separators of the day and of what is new.
    expect(log.get_by_role("heading", level=2)).to_have_count(2)
    for name in ("bob: ‘fangorious, ok’", "your message: ‘Not at all’"):
        expect(log.get_by_role("listitem", name=name, exact=True)).to_have_count(1)

    assert log.evaluate(HIDDEN_LOG) == ["off", "Messages with bob"]
    expect(hers.get_by_role("log", name="Arrivals")).to_be_empty()


def test_name_of_the_log_follows_a_renamed_counterpart(open_browser, message, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    bob.username = "robert"
    bob.save()

    expect(hers.get_by_role("log", name="Messages with robert")).to_be_attached()


def test_name_of_a_message_follows_an_edit(open_browser, write, alice, bob):
    message = write(bob, alice, "first words")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    message.edit("other words", by=bob)

    expect(hers.get_by_role("listitem", name="bob: ‘other words’")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/thread/{}/"])
def test_second_stop_skips_to_the_message_field(open_browser, items, write, alice, bob, script, address):
    root = write(bob, alice, "root")
    # Without JavaScript, a page with a new message loads twice.
    Message.objects.mark_seen(alice, [root.pk, *(item.pk for item in items)])
    # On a touch screen, no field has the focus at first.
    hers = open_browser(alice, java_script_enabled=script, has_touch=True)
    hers.goto(address.format(root.pk))
    hers.locator("a").first.focus()
    hers.keyboard.press("Tab")
    expect(hers.get_by_role("link", name="Skip to the message field")).to_be_focused()
    hers.keyboard.press("Enter")
    expect(hers.locator("main > form.compose textarea")).to_be_focused()
    expect(hers.locator("main > form.compose textarea")).to_be_in_viewport()
    hers.keyboard.type("typed")

    expect(hers.locator("main > form.compose textarea")).to_have_value("typed")


def test_tab_reaches_every_control_of_a_message_and_then_the_field(open_browser, write, alice, bob):
    write(bob, alice, "the only one")
    hers = open_browser(alice, has_touch=True)  # On a touch screen, no field has the focus at first.
    hers.goto("/chats/with/bob/")
    reached = []
    while "textarea" not in reached and len(reached) < 30:
        hers.keyboard.press("Tab")
        reached.append(
            hers.evaluate(
                "document.activeElement.matches('textarea') ? 'textarea' : document.activeElement.textContent"
            )
        )

    controls = [text.strip() for text in reached]
    assert re.fullmatch(r"\d\d:\d\d UTC", controls[-4])
    assert controls[-3:-1] == ["Reply", "Mark as unread"]
    assert controls[-1] == "textarea"


def test_page_of_a_deactivated_counterpart_has_no_skip_to_a_field(open_browser, message, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    skip = hers.locator(".skip[href='#id_content']")
    expect(skip).not_to_have_attribute("hidden", "")
    bob.is_active = False
    bob.save()
    expect(skip).to_have_attribute("hidden", "")
    hers.reload()
    expect(skip).to_have_attribute("hidden", "")
    bob.is_active = True
    bob.save()

    expect(skip).not_to_have_attribute("hidden", "")


def test_button_that_unfolds_replies_is_named_by_their_message(open_browser, write, alice, bob):
    parent = write(bob, alice, "root")
    chain = [parent := write(bob, alice, f"reply {n}", parent_message=parent) for n in range(9)]
    write(alice, bob, "beside", parent_message=chain[0])
    for message in chain:
        message.mark_read()
    hers = open_browser(alice)
    hers.goto(f"/chats/thread/{chain[0].thread_root_id}/?order=tree")

    expect(hers.get_by_role("button", name="Show 5 replies bob: ‘reply 3’")).to_be_visible()


def test_only_arrivals_and_own_sends_are_announced(open_browser, items, write, alice, bob):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    arrivals = hers.get_by_role("log", name="Arrivals")
    hers.evaluate("scrollTo(0, 0)")
    expect(hers.locator("li.message")).to_have_count(60)
    items[-1].edit("edited", by=bob)
    expect(hers.locator(".content", has_text="edited")).to_be_visible()
    expect(arrivals).to_be_empty()
    hers.locator("main > form.compose textarea").fill("mine")
    hers.keyboard.press("Control+Enter")
    expect(hers.locator("li.is-mine")).to_have_count(1)
    write(bob, alice, "his")

    expect(arrivals.locator("p")).to_have_text(["Sent", "bob: his"])


def test_list_of_shortcuts_separates_those_that_are_always_on(open_browser, items, alice):
    hers = open_browser(alice)
    hers.goto("/chats/")
    hers.keyboard.press("?")
    dialog = hers.get_by_role("dialog", name="Keyboard")
    expect(dialog.locator("dl.single")).not_to_contain_text(re.compile("Ctrl|Esc"))
    expect(dialog.locator("dl.single")).to_contain_text("next unread message")
    expect(dialog.locator("dl.always dt")).to_have_text(["Ctrl k", "Ctrl Enter", "Esc"])
    hers.keyboard.press("Escape")
    hers.keyboard.press("j")

    expect(hers.locator("main li a:focus")).to_have_count(1)
