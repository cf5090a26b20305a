"""Drafts that the storage of the browser holds in another form, and texts that are no drafts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.composing import DRAFTS

ADDRESS = "/chats/with/bob/"
STORE = """value => {
  const form = document.querySelector('main > form.compose');
  localStorage.setItem(`draft ${document.body.dataset.member} ${form.dataset.draft}`, value);
}"""


@pytest.fixture
def hers(open_browser, write, alice, bob):
    write(bob, alice, "from bob")
    page = open_browser(alice)
    page.goto(ADDRESS)
    return page


def _area(page):
    return page.locator("main > form.compose textarea")


def test_damaged_draft_is_removed_and_breaks_nothing(hers):
    hers.evaluate(STORE, "{bad")
    hers.reload()
    expect(_area(hers)).to_have_value("")
    assert hers.evaluate(DRAFTS) == []
    _area(hers).fill("a text")
    hers.reload()

    expect(_area(hers)).to_have_value("a text")


def test_blanks_are_no_draft_and_keep_no_page(hers):
    _area(hers).fill("a text")
    assert len(hers.evaluate(DRAFTS)) == 1
    _area(hers).fill(" \n\t ")
    assert hers.evaluate(DRAFTS) == []
    hers.evaluate("document.activeElement.blur(); localStorage.clear()")
    other = hers.context.new_page()
    other.goto("/accounts/")
    other.get_by_role("main").get_by_role("button", name="Log out").click()

    expect(hers).to_have_url(re.compile("/accounts/login/"))


def test_draft_of_a_name_without_a_text_is_kept_and_restored(hers):
    hers.goto("/chats/new/")
    hers.get_by_label("To").fill("bob")
    hers.goto("/chats/")
    hers.goto("/chats/new/")
    expect(hers.get_by_label("To")).to_have_value("bob")
    hers.get_by_label("To").fill("")

    assert hers.evaluate(DRAFTS) == []
