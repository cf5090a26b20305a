"""A link to a message scrolls it into the viewport, also in a folded or a long thread."""

import pytest
from playwright.sync_api import expect

from messaging.models import Message

LOW = {"width": 800, "height": 400}


@pytest.fixture
def chain(write, alice, bob):
    """Create a chain of eight replies, all read; replies below the fourth level are folded."""
    root = parent = write(alice, bob, "root")
    chain = []
    for number in range(8):
        parent = write(bob, alice, f"link number {number}", parent_message=parent)
        chain.append(parent)
    last = write(bob, alice, "beside", parent_message=root)
    for reader in (alice, bob):
        Message.objects.mark_conversation_read(reader, root.conversation_id, up_to=last.pk)
    assert not Message.objects.filter(read=False).exists()  # Unread ones are never folded.
    return chain


def _address(message) -> str:
    """Return the address of a message in its thread, as a tree."""
    return f"/chats/thread/{message.thread_root_id}/?order=tree&at={message.pk}#m{message.pk}"


def _shows(page, message) -> None:
    row = page.locator(f"#m{message.pk}")
    expect(row).to_be_visible()
    expect(row).to_be_in_viewport()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_address_of_folded_message_shows_it(open_browser, chain, alice, motion):
    hers = open_browser(alice, viewport=LOW, reduced_motion=motion)
    for place in (7, 6, 5, 4, 0):
        hers.goto("about:blank")
        hers.goto(_address(chain[place]))
        _shows(hers, chain[place])


def test_rows_that_link_to_a_message_show_it_in_its_conversation(open_browser, chain, alice, bob):
    Message.objects.get(pk=chain[-1].pk).mark_unread()
    hers = open_browser(alice, viewport=LOW)
    link = f'a[href="/chats/with/bob/?at={chain[-1].pk}#m{chain[-1].pk}"]'
    for address in ("/chats/search/?q=link+number+7", "/chats/unread/"):
        hers.goto(address)
        hers.locator(f"main li {link}").click()
        _shows(hers, chain[-1])
    hers.goto(f"/chats/message/{chain[-1].pk}/history/")
    hers.get_by_role("link", name="Back to the conversation").click()

    _shows(hers, chain[-1])


@pytest.mark.parametrize("script", [True, False])
def test_reply_from_a_page_of_its_own_is_shown(open_browser, chain, alice, script):
    hers = open_browser(alice, viewport=LOW, java_script_enabled=script)
    hers.goto(f"/chats/message/{chain[5].pk}/reply/")
    hers.get_by_role("textbox", name="Message").fill("sent alone")
    hers.get_by_role("button", name="Reply").click()

    expect(hers.locator("li.message", has_text="sent alone")).to_be_in_viewport()


def test_back_and_forward_between_folded_messages_show_each(open_browser, chain, alice):
    hers = open_browser(alice, viewport=LOW)
    hers.goto(_address(chain[0]))
    hers.evaluate(f"location.hash = 'm{chain[7].pk}'")
    _shows(hers, chain[7])
    hers.goto("/chats/")
    hers.go_back()
    _shows(hers, chain[7])
    hers.go_back()
    _shows(hers, chain[0])
    hers.go_forward()

    _shows(hers, chain[7])


def test_link_to_the_same_message_shows_it_again(open_browser, chain, alice):
    """The URL does not change, so the browser fires no hashchange."""
    hers = open_browser(alice, viewport=LOW)
    hers.goto(_address(chain[6]))
    hers.get_by_role("button", name="Hide replies").click()
    expect(hers.locator(f"#m{chain[6].pk}")).to_be_hidden()
    again = f"<a href='#m{chain[6].pk}'>again</a>"
    hers.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", again)
    hers.get_by_role("link", name="again").click()

    _shows(hers, chain[6])


def test_address_with_a_message_of_another_page_shows_it(open_browser, write, write_many, alice, bob):
    root = write(bob, alice, "long")
    write_many(bob, alice, 120, content="Item", parent_message=root)
    replies = root.get_all_replies()
    hers = open_browser(alice, viewport=LOW)
    for place in (3, 70, 119):
        hers.goto("about:blank")
        hers.goto(f"/chats/thread/{root.pk}/?from={replies[40].pk}#m{replies[place].pk}")
        _shows(hers, replies[place])
    hers.goto(f"/chats/with/bob/?at={replies[119].pk}#m{replies[9].pk}")

    _shows(hers, replies[9])
    assert "/with/bob/" in hers.url


def test_address_with_no_such_message_keeps_the_page(open_browser, chain, alice):
    hers = open_browser(alice)
    thread = f"/chats/thread/{chain[0].thread_root_id}/?at={chain[0].pk}"
    for fragment in ("m999999999", "m0", "m-1", "%", "main"):
        hers.goto("about:blank")
        hers.goto(f"{thread}#{fragment}")
        hers.wait_for_load_state("networkidle")
        expect(hers.locator(f"#m{chain[0].pk}")).to_be_visible()
        assert hers.url.endswith(f"{thread}#{fragment}")
