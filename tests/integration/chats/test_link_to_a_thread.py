"""A conversation shows below the first message of a thread how many replies it has."""

import re

import pytest

from messaging.querysets import MOST_REPLIES

LINK = re.compile(r'class="replies" [^>]*href="([^"]+)">([^<]+) <time datetime="([^"]+)">')
VERSION = re.compile(r'data-version="([^"]+)"')


def _get(client, address) -> str:
    return client.get(address, follow=True).content.decode()


@pytest.mark.parametrize(
    ("replies", "text"), [(1, "1 reply"), (3, "3 replies"), (MOST_REPLIES + 1, "99+ replies")]
)
def test_first_message_shows_the_number_of_its_replies(browser_of, thread_of, bob, replies, text):
    root = thread_of(replies)
    last = root.get_all_replies()[-1]

    found = LINK.findall(_get(browser_of(bob), f"/chats/with/alice/?from={root.pk}"))
    assert found == [(f"/chats/thread/{root.pk}/", text, f"{last.timestamp:%Y-%m-%dT%H:%M:%SZ}")]


def test_messages_without_replies_and_replies_show_no_number(browser_of, thread_of, write, alice, bob):
    root = thread_of(0)
    assert not LINK.search(_get(browser_of(bob), "/chats/with/alice/"))
    write(bob, alice, parent_message=root)

    assert len(LINK.findall(_get(browser_of(bob), "/chats/with/alice/"))) == 1
    for order in ("", "?order=tree"):
        assert not LINK.search(_get(browser_of(bob), f"/chats/thread/{root.pk}/{order}"))


def test_only_replies_have_the_action_that_opens_their_thread(browser_of, write, alice, bob):
    root = write(alice, bob)
    thread = f'href="/chats/thread/{root.pk}/">Thread</a>'
    assert thread not in _get(browser_of(bob), "/chats/with/alice/")
    reply = write(bob, alice, parent_message=root)

    page = _get(browser_of(bob), "/chats/with/alice/")
    assert page.index(f'id="m{reply.pk}"') < page.index(thread)
    assert page.count(thread) == 1


@pytest.mark.parametrize("replies", [0, 1, MOST_REPLIES + 2])
def test_version_of_a_page_changes_with_each_reply(
    browser_of, thread_of, write_many, write, alice, bob, replies
):
    """Also if the number stays 99+, and if the reply is on another page."""
    client, root = browser_of(bob), thread_of(replies, shape="fan")
    write_many(alice, bob, 60)
    address = f"/chats/with/alice/?to={root.pk}"
    before = VERSION.search(_get(client, address))[1]
    assert client.get(address, headers={"If-None-Match": f'"{before}"'}).status_code == 304
    write(bob, alice, parent_message=root)

    assert VERSION.search(_get(client, address))[1] != before
    assert client.get(address, headers={"If-None-Match": f'"{before}"'}).status_code == 200


def test_version_of_a_thread_depends_on_the_shown_replies_only(browser_of, thread_of, write, alice, bob):
    client, root = browser_of(bob), thread_of(60, shape="fan")
    address = f"/chats/thread/{root.pk}/?from={root.pk}"
    before = VERSION.search(_get(client, address))[1]
    write(bob, alice, parent_message=root)

    assert VERSION.search(_get(client, address))[1] == before


@pytest.mark.django_db(transaction=True)
def test_cached_page_shows_a_later_reply(browser_of, message, write, alice, bob):
    message.mark_read()
    client, address = browser_of(alice), f"/chats/with/bob/?at={message.pk}"
    client.cookies["script"] = "yes"
    assert [client.get(address).headers.get("X-Cache") for _ in range(2)] == [None, "hit"]
    write(alice, bob, parent_message=message)

    assert LINK.search(_get(client, address))[2] == "1 reply"
