"""Combining marks, in any number, do not overlap other rows."""

import pytest
from playwright.sync_api import expect

MARKS = {
    "acute": "\u0301" * 200,
    "below": "\u0323" * 200,
    "mixed": "\u0335\u0489\u030d\u0316\u20dd" * 40,
}
# Removes the marks from the page; the boxes keep their sizes.
PLAIN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/\\p{M}+/gu, "");
}"""
SQUARE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, ::before, ::after { border-radius: 0 !important }");
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.mark.parametrize("kind", MARKS)
def test_marks_of_a_message_do_not_change_pixels_around_it(open_browser, write, alice, bob, kind, picture):
    write(bob, alice, "before")
    odd = write(bob, alice, f"H{MARKS[kind]}i")
    hers = open_browser(alice)
    for address in ("/chats/unread/", "/chats/with/bob/", f"/chats/message/{odd.pk}/reply/", "/chats/"):
        hers.goto(address)
        if address.endswith("bob/"):  # After both messages were seen, the badges no longer change.
            expect(hers.get_by_role("link", name="Unread", exact=True)).to_be_visible()
        hers.wait_for_load_state("networkidle")
        hide = [hers.locator("main li, main blockquote").filter(has_text="H").last]
        if "/with/" in address or "/reply/" in address:  # The column beside the page shows the text, too.
            hide.append(hers.locator("#beside li"))
            expect(hide[1]).to_have_count(1)
        # Chromium does not draw the same round corner twice with the same pixels.
        hers.evaluate(SQUARE)
        with_marks = hers.screenshot(mask=hide, full_page=True, caret="hide")
        if address.endswith("bob/"):
            picture(hers, f"marks-{kind}")
        hers.evaluate(PLAIN)
        assert hers.screenshot(mask=hide, full_page=True, caret="hide") == with_marks, address
