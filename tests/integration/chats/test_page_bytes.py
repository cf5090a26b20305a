"""Pages of messages are not compressed (docs/decisions/0008), so their HTML is small."""

import re

import pytest

from messaging.models import Message
from messaging.paging import PAGE_SIZE

MOST = 40_000
MOST_FOR_READING = 20_000


@pytest.fixture
def address(write_many, alice, bob):
    """Fill a page with short messages of both members, and return its URL."""
    for number in range(PAGE_SIZE // 5):
        for sender, receiver, count in ((alice, bob, 2), (bob, alice, 3)):
            sent = write_many(sender, receiver, count, content=f"Short message {number}, as people write")
            Message.objects.mark_seen(receiver, [message.pk for message in sent])
    return f"/chats/with/bob/?at={sent[-1].pk}"


def test_page_of_50_short_messages_is_small(browser_of, alice, address):
    page = browser_of(alice).get(address).content

    assert len(re.findall(b'<li id="m', page)) == PAGE_SIZE
    assert len(page) <= MOST


def test_rows_for_reading_are_those_of_the_page_without_its_frame_and_controls(browser_of, alice, address):
    client = browser_of(alice)
    page, part = (client.get(f"{address}{more}").content.decode() for more in ("", "&part=rows"))

    for shared in (r'<li id="(m\d+)', '<li [^>]*aria-label="([^"]+)"', r'<div class="content" .*</div>'):
        assert re.findall(shared, part) == re.findall(shared, page)
    assert f'<body data-member="{alice.pk}">' in part
    assert not re.search("<header|<script|<button|<form|data-generation", part)
    assert len(part.encode()) <= MOST_FOR_READING
