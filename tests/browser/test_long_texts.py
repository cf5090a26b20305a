"""A long message is folded until a member reads it. Formatted text is accessible and keeps directions."""

import pytest
from playwright.sync_api import expect

LONG = "\n".join(f"Line {number} of the letter" for number in range(1, 41)) + " https://example.org/needle"
MARKED = """Please **read** this *before* noon, or `make test`:

> the loom is *ready*
yes, but

1. wash
2. cut
   - with care

```
if (a < b):
    weave()
```
שלום **עולם**
- first
- שני"""

# The side of each item on which its text begins.
SIDES = """items => items.map(item => {
  const range = document.createRange();
  range.selectNodeContents(item);
  const [text, box] = [range, item].map(one => one.getBoundingClientRect());
  return text.left - box.left < box.right - text.right ? "left" : "right";
})"""
LONG_WORDS = ["https://example.org/" + "long/" * 60, "Donaudampfschifffahrts" * 12, "والسلام" * 60]
# Whether a character of a text of an element is in the box of its block.
IS_SHOWN = """(block, text) => { const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let node; while ((node = walk.nextNode()) && !node.data.includes(text));
  const range = document.createRange(), at = node.data.indexOf(text);
  range.setStart(node, at + 4); range.setEnd(node, at + 5);
  const [part, whole] = [range, block].map(one => one.getBoundingClientRect());
  return part.top >= whole.top - 1 && part.bottom <= whole.bottom + 4 }"""


@pytest.fixture
def shows(open_browser, write, alice, bob):
    """Return a function that opens a conversation with this text, and returns the page and the element."""

    def show(text=LONG, **options):
        write(bob, alice, text)
        hers = open_browser(alice, **options)
        hers.goto("/chats/with/bob/")
        return hers, hers.locator(".content").last

    return show


def height(content) -> float:
    return content.evaluate("content => content.clientHeight")


def test_long_message_is_folded_until_it_is_shown(shows):
    hers, content = shows()
    folded = height(content)
    hers.get_by_role("button", name="Show all bob: ‘Line 1").click()
    expect(hers.get_by_role("button", name="Show less bob: ‘Line 1")).to_have_attribute(
        "aria-expanded", "true"
    )

    assert height(content) > 2 * folded
    hers.get_by_role("button", name="Show less").click()
    expect(hers.get_by_role("button", name="Show all")).to_have_attribute("aria-expanded", "false")
    assert height(content) == folded


@pytest.mark.parametrize("text", ["x" * 1_201, "a\n" * 12 + "b", "- a\n" * 13])
def test_message_above_the_limit_of_characters_or_lines_is_folded(shows, text):
    expect(shows(text)[1]).to_have_class("content is-folded")


@pytest.mark.parametrize("text", ["x" * 1_200, "a\n" * 11 + "b"])
def test_message_within_the_limits_is_not_folded(shows, text):
    hers, content = shows(text)

    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    expect(content).to_have_class("content")
    expect(hers.get_by_role("button", name="Show all")).to_have_count(0)


# A browser scrolls like this to a match of its search.
@pytest.mark.parametrize("step", ["focus", "scrollIntoView"])
def test_link_that_gets_the_focus_or_scrolls_into_view_unfolds_its_message(shows, step):
    hers, content = shows()
    content.get_by_role("link").evaluate(f"link => link.{step}()")

    expect(hers.get_by_role("button", name="Show less")).to_be_visible()
    expect(content.get_by_role("link")).to_be_in_viewport()


def test_long_message_without_scripts_and_on_paper_is_complete(shows):
    hers, content = shows(java_script_enabled=False)
    whole = content.bounding_box()["height"]
    expect(hers.get_by_role("button", name="Show all")).to_have_count(0)

    hers, content = shows()
    hers.emulate_media(media="print")
    expect(hers.get_by_role("button", name="Show all")).to_be_hidden()
    assert content.bounding_box()["height"] > 0.7 * whole


def test_long_message_that_arrives_is_folded_and_stays_as_the_reader_left_it(shows, write, alice, bob):
    hers, _ = shows("Hello")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    long = write(bob, alice, LONG)
    hers.get_by_role("button", name="Show all").click()
    long.edit(f"{LONG}!", by=bob)

    expect(hers.get_by_text("needle!")).to_be_visible()
    expect(hers.get_by_role("button", name="Show less")).to_be_visible()


def test_formatted_message_is_accessible_and_keeps_the_direction_of_each_line(shows, accessibility_reports):
    hers, content = shows(MARKED)

    assert accessibility_reports(hers, "formatted") == []
    lists = content.locator("ul, ol")
    expect(lists.first.get_by_role("listitem").first).to_have_text("wash")
    assert content.locator("li").evaluate_all(SIDES)[-2:] == ["left", "right"]


def test_arrival_of_a_formatted_message_is_announced_with_its_words_apart(shows, write, alice, bob):
    hers, _ = shows("Hello")
    expect(hers.locator("html")).to_have_attribute("data-live", "yes")
    write(bob, alice, "To do:\n- *fish*\n- soup")

    arrivals = hers.get_by_role("log", name="Arrivals")
    expect(arrivals).to_have_text("bob: To do: fish soup")


@pytest.mark.parametrize(("width", "language"), [(390, "en"), (1500, "en"), (390, "ar"), (1500, "ar")])
@pytest.mark.parametrize("text", LONG_WORDS, ids=["address", "german", "arabic"])
def test_long_first_word_is_shown_in_a_row_and_in_a_quote(
    open_browser, write, alice, bob, width, language, text
):
    root = write(alice, bob, text)
    write(bob, alice, "Another one")
    write(bob, alice, "Reply", parent_message=root)
    write(alice, bob, text)
    hers = open_browser(alice, viewport={"width": width, "height": 800}, locale=language)
    hers.goto("/chats/")
    assert hers.locator(".row .excerpt").evaluate(IS_SHOWN, text[:9])
    hers.goto("/chats/with/bob/")

    assert hers.locator("p.answers").evaluate(IS_SHOWN, text[:9])
