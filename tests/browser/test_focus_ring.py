"""The focus ring of a field covers no text around it, and controls that stand side by side have a gap."""

import pytest

# Returns the fields of `main` that have no focus ring, or whose ring covers a text.
COVERED = """() => {
  const found = [];
  for (const field of document.querySelectorAll("main :is(input:not([type=hidden]), textarea)")) {
    field.focus();
    if (document.activeElement !== field || field.closest(".sr")) continue;
    const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(field);
    const ring = outlineStyle === "solid" ? parseFloat(outlineWidth) + parseFloat(outlineOffset) : 0;
    if (ring < 3) found.push(`${field.name}: no ring`);
    const box = field.getBoundingClientRect();
    const covers = ({ top, bottom, left, right }) =>
      bottom > box.top - ring && top < box.bottom + ring &&
      right > box.left - ring && left < box.right + ring;
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (!text.data.trim() || text.parentElement.closest("textarea, .sr")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      if ([...range.getClientRects()].some(covers)) found.push(`${field.name}: ${text.data.trim()}`);
    }
  }
  return found;
}"""
GAPS = """() => [...document.querySelectorAll("main form > button + :is(a, button)")].map((control) =>
  control.getBoundingClientRect().left - control.previousElementSibling.getBoundingClientRect().right)"""


@pytest.fixture(params=[320, 1280])
def width(request):
    return {"viewport": {"width": request.param, "height": 800}}


def test_focus_ring_of_every_field_covers_no_help_text_and_no_error(open_browser, message, bob, width):
    his, visitor = open_browser(bob, **width), open_browser(**width)
    covered = {}
    for page, addresses in (
        (his, ["/chats/new/", "/chats/search/?q=from%3Anobody", "/chats/with/alice/", "/accounts/password/"]),
        (his, ["/accounts/delete/", f"/chats/message/{message.pk}/reply/"]),
        (visitor, ["/accounts/login/", "/accounts/signup/"]),
    ):
        for address in addresses:
            page.goto(address)
            covered[address] = page.evaluate(COVERED)
    visitor.evaluate("document.querySelector('main form').noValidate = true")
    visitor.get_by_role("button", name="Sign up").click()
    visitor.locator(".errorlist").first.wait_for()
    covered["refused"] = visitor.evaluate(COVERED)

    assert {address: texts for address, texts in covered.items() if texts} == {}


@pytest.mark.parametrize("address", ["/accounts/delete/", "/accounts/password/"])
def test_link_beside_a_button_has_a_gap(open_browser, bob, address):
    his = open_browser(bob)
    his.goto(address)
    gaps = his.evaluate(GAPS)

    assert gaps
    assert min(gaps) >= 8
