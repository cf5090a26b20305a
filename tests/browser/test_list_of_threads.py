"""The list of threads follows new replies, and opens a thread by keys alone."""

import re

from playwright.sync_api import expect

from messaging.models import Message


def test_new_reply_moves_its_thread_to_the_top(open_browser, write, alice, bob):
    loom, tea = (write(alice, bob, text) for text in ("The loom", "Tea?"))
    for root in (loom, tea):
        write(bob, alice, "Yes", parent_message=root)
    Message.objects.mark_all_read(alice)
    hers = open_browser(alice)
    hers.goto("/chats/")
    hers.keyboard.press("t")
    expect(hers.get_by_role("heading", name="Threads")).to_be_visible()
    rows = hers.locator("#rows li")
    expect(rows).to_contain_text(["Tea?", "The loom"])
    hers.keyboard.press("j")
    expect(rows.first.locator("a")).to_be_focused()

    last = write(bob, alice, "It arrived", parent_message=loom)
    expect(rows).to_contain_text(["It arrived", "Tea?"])
    expect(rows.first).to_contain_text("New")
    expect(rows.nth(1).locator("a")).to_be_focused()  # The focus stays in its row.
    hers.keyboard.press("k")
    hers.keyboard.press("Enter")
    expect(hers).to_have_url(re.compile(f"/chats/thread/{loom.pk}/.at={last.pk}#m{last.pk}$"))
    expect(hers.locator(f"#m{last.pk}")).to_be_in_viewport()


def test_column_of_wide_screens_leads_to_the_threads(open_wide):
    page = open_wide("/chats/with/bob/")
    page.locator("#beside").get_by_role("link", name="Threads").click()

    expect(page.get_by_role("heading", name="Threads")).to_be_visible()
    expect(page.get_by_text("No threads yet.")).to_be_visible()
