"""Controls are labelled with author and first words, and screen readers announce new messages."""

import re

import pytest
from playwright.sync_api import expect


def _live(page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live", "yes")


@pytest.mark.parametrize("address", ["/chats/with/bob/", "/chats/thread/{}/"])
def test_controls_are_named_by_author_and_first_words(open_browser, write, alice, bob, address):
    root = write(bob, alice, "fangorious, ok")
    own = write(alice, bob, "<b>Not</b> at all,\nI would say; and more of it", parent_message=root)
    own.edit("<b>Not</b> at all,\nI'd say; and more of it", by=alice)
    hers = open_browser(alice)
    hers.goto(address.format(root.pk))
    received, mine = "bob: ‘fangorious, ok’", "your message: ‘<b>Not</b> at all, I'd say;…’"
    for role, name in (
        ("link", f"Reply to {received}"),
        ("button", f"Mark as unread {received}"),
        ("link", re.compile(rf"^\d\d:\d\d UTC {re.escape(received)}$")),
        ("link", f"Reply to {mine}"),
        ("link", f"Edit {mine}"),
        ("link", f"edited {mine}"),
    ):
        expect(hers.get_by_role(role, name=name, exact=True)).to_have_count(1, timeout=5000), name
    named = re.findall(r'(?:link|button) "([^"]*)"', hers.locator("main").aria_snapshot())
    said = [re.sub(r"^(1 reply )?\d\d:\d\d UTC ", "", name) for name in named]
    assert [name for name in said if re.search(r"\d", name)] == []


def test_names_of_controls_follow_an_edit(open_browser, write, alice, bob):
    message = write(bob, alice, "first words")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    _live(hers)
    message.edit("other words", by=bob)

    expect(hers.get_by_role("link", name="Reply to bob: ‘other words’")).to_be_visible()


def test_arrivals_and_own_sends_are_announced_once(open_browser, write, alice, bob):
    message = write(bob, alice, "the first")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    _live(hers)
    log = hers.get_by_role("log", name="Arrivals")
    write(bob, alice, "the second", parent_message=message)
    expect(log.locator("p")).to_have_text(["bob: the second"])
    hers.get_by_role("textbox", name="Message").fill("my own")
    hers.get_by_role("button", name="Send").click()
    expect(hers.locator(".message:not(.is-unsent)", has_text="my own")).to_be_visible()
    write(bob, alice, "the third")
    expect(log).to_contain_text("the third")

    expect(log.locator("p")).to_have_text(["bob: the second", "Sent", "bob: the third"])


def test_own_edit_is_announced_as_saved(open_browser, message, alice):
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.get_by_role("link", name="Edit your message").click()
    hers.locator(f"#m{message.pk} textarea").fill("edited")
    hers.get_by_role("button", name="Save").click()
    expect(hers.locator(".message:not(.is-unsent) .content", has_text="edited")).to_be_visible()

    expect(hers.get_by_role("log", name="Arrivals").locator("p")).to_have_text(["Saved"])


def test_unread_messages_are_announced_on_pages_that_do_not_show_them(
    open_browser, write, alice, bob, charlie
):
    write(bob, alice, "read before")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    _live(hers)
    expect(hers.locator('[data-badge="unread"]')).to_have_count(0)
    write(charlie, alice, "elsewhere")
    expect(hers.get_by_role("log", name="Arrivals").locator("p")).to_have_text(["1 unread message."])
    hers.goto("/chats/")
    _live(hers)
    write(charlie, alice, "again")

    expect(hers.get_by_role("log", name="Arrivals").locator("p")).to_have_text(["2 unread messages."])


def test_earlier_messages_are_not_announced(open_browser, write_many, alice, bob):
    write_many(bob, alice, 70, content="Item")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.evaluate("scrollTo(0, 0)")
    expect(hers.locator("li.message")).to_have_count(70)

    expect(hers.get_by_role("log", name="Arrivals").locator("p")).to_have_count(0)
