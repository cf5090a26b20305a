"""Chromium opens conversations with members whose names cannot be part of a URL path."""

import pytest
from playwright.sync_api import expect

OLD_NAMES = [".", "..", "a/b", "../chats", "a\\b", "%2e%2E", "a?b#c", "two words"]


@pytest.fixture
def town(member, write, alice):
    for name in OLD_NAMES:
        other = member(name)
        first = write(other, alice, f"from {name}")
        write(other, alice, "more", parent_message=first)


def test_rows_and_threads_lead_to_conversations_with_old_names(open_browser, town, alice):
    hers = open_browser(alice)
    for name in OLD_NAMES:
        hers.goto("/chats/")
        hers.locator(".row", has=hers.get_by_text(name, exact=True)).click()
        expect(hers.get_by_role("heading", level=1)).to_have_text(name)
        hers.get_by_role("link", name="1 reply").click()
        hers.locator(".back").evaluate("link => link.click()")
        expect(hers.get_by_role("heading", level=1)).to_have_text(name)
        expect(hers.locator(".content")).to_have_text([f"from {name}", "more"])
