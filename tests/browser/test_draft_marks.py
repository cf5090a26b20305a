"""The inbox marks the conversations for which this browser has a draft."""

from playwright.sync_api import expect


def test_conversation_with_a_draft_is_marked_until_the_draft_is_gone(
    open_browser, write, alice, bob, charlie
):
    write(bob, alice, "from bob")
    write(charlie, alice, "from charlie")
    hers = open_browser(alice)
    hers.goto("/chats/with/bob/")
    hers.locator("main > form.compose textarea").fill("half a text")
    inbox = hers.context.new_page()
    inbox.goto("/chats/")
    marked = inbox.locator("li", has=inbox.get_by_text("Draft", exact=True))
    expect(marked).to_have_count(1)
    expect(marked.locator(".who")).to_have_text("bob")
    expect(inbox.locator("html")).to_have_attribute("data-live", "yes")
    write(charlie, alice, "another one")  # The script replaces the rows.
    expect(inbox.locator("li .excerpt").first).to_have_text("another one")
    expect(marked).to_have_count(1)
    hers.locator("main > form.compose textarea").fill("")

    expect(marked).to_have_count(0)


def test_mark_of_a_draft_moves_nothing(open_browser, write, alice, bob):
    write(bob, alice, "from bob, " * 30)
    hers = open_browser(alice)
    hers.goto("/chats/")
    place = hers.locator("li .excerpt").bounding_box()
    hers.goto("/chats/with/bob/")
    hers.locator("main > form.compose textarea").fill("half a text")
    hers.goto("/chats/")
    expect(hers.locator("li .draft")).to_be_visible()
    now = hers.locator("li .excerpt").bounding_box()

    assert (now["x"], now["y"], now["height"]) == (place["x"], place["y"], place["height"])
