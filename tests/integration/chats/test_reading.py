"""Inbox, conversation, thread, unread list and history."""

import re
from html import unescape

import pytest

from messaging.models import Message, MessageHistory

SIZES = [1, 100]  # test_slopes.py tests that larger sizes make no difference.


def _ids(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li id="m(\d+)"', page)]


def _get(client, address) -> str:
    response = client.get(address, follow=True)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("replies", SIZES)
def test_thread_makes_a_constant_number_of_queries(browser_of, thread_of, alice, bob, replies, count_queries):
    root = thread_of(replies)
    Message.objects.mark_conversation_read(alice, root.conversation_id, up_to=2**53)

    assert count_queries(browser_of(alice).get, f"/chats/thread/{root.pk}/?at=1") == 4
    assert count_queries(browser_of(bob).get, f"/chats/thread/{root.pk}/?at=1") == 6


@pytest.mark.parametrize("count", SIZES)
def test_inbox_unread_and_notifications_make_a_constant_number_of_queries(
    browser_of, member, bob, count, count_queries
):
    senders = [member(f"sender{n}") for n in range(count)]
    Message.objects.bulk_create([Message(sender=s, receiver=bob, content="hi") for s in senders])
    client = browser_of(bob)

    assert [count_queries(client.get, f"/chats/{page}") for page in ("", "unread/", "notifications/")] == [
        3,
        3,
        3,
    ]
    assert count_queries(client.get, "/chats/") == 0  # The page comes from the cache.
    assert count_queries(client.get, "/chats/with/sender0/?at=1") == 6
    assert count_queries(client.get, "/chats/with/sender0/?at=1") == 4


def test_the_inbox_has_one_row_a_counterpart_latest_first(browser_of, alice, bob, charlie):
    for receiver, text in [(bob, "one"), (charlie, "two"), (bob, "three")]:
        Message.objects.create(sender=alice, receiver=receiver, content=text)

    page = _get(browser_of(alice), "/chats/")
    assert re.findall(r'data-counterpart="(\w+)"', page) == ["bob", "charlie"]
    assert "three" in page
    assert "one" not in page


def test_part_of_the_inbox_has_the_rows_of_the_page_and_no_frame(browser_of, member, alice, bob):
    people = [member(f"person{n:02}") for n in range(30)]
    Message.objects.bulk_create([Message(sender=p, receiver=alice, content="<b>hi</b>") for p in people])
    Message.objects.create(sender=alice, receiver=bob, content="mine")
    client = browser_of(alice)
    pages = [[_get(client, f"/chats/?{key}{part}") for part in ("", "&part=rows")]
             for key in ("", f"before={Message.objects.order_by('pk')[10].pk}")]  # fmt: skip
    for page, part in pages:
        # A script fills in the texts of times.
        shown = page[page.index("<li ") : page.index("</ul>")]
        rows = re.sub(r"( title=\"[^\"]*\")>[^<]*</time>", "></time>", shown)
        assert part[part.index("<li ") : part.index("</ul>")].split() == rows.split()
        assert f'<body data-member="{alice.pk}">' in part
        assert re.findall(r'href="\?.*?"', part) == re.findall(r'href="\?before.*?"', page)
        assert not re.search("<header|<script|data-generation", part)


@pytest.mark.django_db(transaction=True)
def test_part_of_the_inbox_is_the_same_after_a_change_that_no_row_shows(browser_of, alice, bob):
    first, _ = (Message.objects.create(sender=bob, receiver=alice, content=text) for text in ("hi", "there"))
    client, addresses = browser_of(alice), ["/chats/", "/chats/?part=rows"]
    tags = [client.get(address)["ETag"] for address in addresses]
    first.edit("hello", by=bob)
    pairs = zip(addresses, tags, strict=True)
    again = [client.get(address, HTTP_IF_NONE_MATCH=tag) for address, tag in pairs]

    assert [response.status_code for response in again] == [200, 304]


def test_inbox_pages_of_25_hold_each_counterpart_once(browser_of, member, alice):
    people = [member(f"person{n:02}") for n in range(60)]
    Message.objects.bulk_create([Message(sender=p, receiver=alice, content="hi") for p in people])
    client, address, seen = browser_of(alice), "/chats/", []
    while address:
        page = _get(client, address)
        seen.append(re.findall(r'data-counterpart="(\w+)"', page))
        following = re.search(r'rel="next" href="(\?before=\d+)"', page)
        address = f"/chats/{following[1]}" if following else ""

    assert [len(rows) for rows in seen] == [25, 25, 10]
    assert [row for rows in seen for row in rows] == [f"person{n:02}" for n in reversed(range(60))]


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("**Warp** and\n_weft_ <3", "Warp and weft &lt;3"),
        ("word " * 40, f"{' '.join(['word'] * 12)}…"),
    ],
)
def test_thread_has_the_first_words_of_its_first_message_as_its_heading(
    browser_of, write, alice, bob, text, heading
):
    page = _get(browser_of(bob), f"/chats/thread/{write(alice, bob, text).pk}/")

    assert f'<h1 dir="auto">{heading}</h1>' in page
    assert f"<title>{heading} · " in page


def test_tree_shows_each_reply_below_its_parent(browser_of, message, write, alice, bob):
    first, second = (write(bob, alice, parent_message=message) for _ in range(2))
    below = write(alice, bob, parent_message=first)

    page = _get(browser_of(alice), f"/chats/thread/{message.pk}/?order=tree")
    depths = [int(depth) for depth in re.findall(r'data-depth="(\d+)"', page)]
    assert list(zip(_ids(page), depths, strict=True)) == [
        (message.pk, 0), (first.pk, 1), (below.pk, 2), (second.pk, 1),
    ]  # fmt: skip


def test_a_chain_of_5000_replies_is_shown_page_by_page(browser_of, thread_of, alice):
    root = thread_of(5000)
    client, address, seen = browser_of(alice), f"/chats/thread/{root.pk}/?from={root.pk}", []
    while address:
        page = _get(client, address)
        seen += _ids(page)
        following = re.search(r'rel="next" href="(\?from=\d+)"', page)
        address = f"/chats/thread/{root.pk}/{following[1]}" if following else ""

    assert len(seen) == 5001
    assert seen == sorted(seen)


def test_page_up_to_the_largest_id_is_the_last_one(browser_of, thread_of, alice):
    root = thread_of(80, shape="fan")
    newest = root.get_all_replies()[-1]
    client, address = browser_of(alice), f"/chats/thread/{root.pk}/"
    last, before = (_get(client, f"{address}?to={key}") for key in (2**63 - 1, newest.pk - 1))

    assert newest.pk in _ids(last)
    assert 'rel="next"' not in last
    assert 'rel="next"' in before


def test_reply_on_a_later_page_of_a_tree_links_to_its_parent(browser_of, thread_of, alice):
    root = thread_of(80, shape="fan")
    first = _get(browser_of(alice), f"/chats/thread/{root.pk}/?from={root.pk}&order=tree")
    following = unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    later = _get(browser_of(alice), f"/chats/thread/{root.pk}/{following}")

    assert len(_ids(first)) == 50
    assert len(_ids(later)) == 31
    assert "In reply to you:" in later
    assert f'<a href="?at={root.pk}&amp;order=tree#m{root.pk}" dir="auto">root</a>' in later


def test_conversation_shows_its_latest_page_and_links_to_earlier_ones(browser_of, thread_of, alice):
    thread_of(70)
    client = browser_of(alice)
    latest = _get(client, "/chats/with/bob/?at=1")
    back = re.search(r'rel="prev" href="([^"]+)"', latest)[1]

    assert len(_ids(latest)) == 50
    assert len(_ids(_get(client, f"/chats/with/BOB/{back}"))) == 21


@pytest.mark.django_db(transaction=True)
def test_reading_a_thread_leaves_other_threads_unread(browser_of, alice, bob):
    one, two = (Message.objects.create(sender=alice, receiver=bob, content=t) for t in ("one", "two"))
    client = browser_of(bob)
    _get(client, f"/chats/thread/{one.pk}/")

    assert _ids(_get(client, "/chats/unread/")) == [two.pk]
    _get(client, "/chats/with/alice/")
    assert _ids(_get(client, "/chats/unread/")) == []


def test_link_to_the_first_unread_message_of_a_page_is_shown(browser_of, write, alice, bob):
    root = write(bob, alice, "old")
    new = write(alice, bob, "new", parent_message=root)

    page = _get(browser_of(bob), f"/chats/thread/{root.pk}/?at={root.pk}")
    assert f'<a href="#m{new.pk}">Jump to unread</a>' in page
    assert "Jump" not in _get(browser_of(bob), f"/chats/thread/{root.pk}/")


@pytest.mark.parametrize("address", ["", "unread/", "notifications/", "message/{}/history/"])
def test_empty_older_page_says_that_nothing_is_older(browser_of, write, alice, bob, address):
    message = write(bob, alice, "not read yet")
    message.edit("edited", by=bob)
    page = _get(browser_of(alice), f"/chats/{address.format(message.pk)}?before=1")

    assert "No older " in page
    assert not re.search("All caught up|Nothing new|never edited|No conversations", page)


def test_read_receipt_is_shown_on_own_messages(browser_of, message, alice, bob):
    address = f"/chats/thread/{message.pk}/"

    assert 'class="seen"' not in _get(browser_of(alice), address)
    _get(browser_of(bob), address)
    assert '<span class="seen">read <time' in _get(browser_of(alice), address)


def test_page_of_the_sender_marks_nothing_as_read(browser_of, message, alice):
    _get(browser_of(alice), f"/chats/thread/{message.pk}/")

    assert not Message.objects.get().read


def test_history_shows_earlier_texts_to_both_latest_first(browser_of, message, alice, bob):
    for text in ("second text", "third text"):
        message.edit(text, by=alice)

    for user in (alice, bob):
        page = _get(browser_of(user), f"/chats/message/{message.pk}/history/")
        assert re.findall(r'old-content" dir="auto">([^<]+)<', page) == ["second text", "Good morning, Bob"]
    assert ">edited</a>" in _get(browser_of(bob), f"/chats/thread/{message.pk}/")


def test_a_long_history_comes_in_pages(browser_of, message, alice):
    MessageHistory.objects.bulk_create(
        MessageHistory(message=message, old_content=str(n)) for n in range(120)
    )
    client = browser_of(alice)
    page = _get(client, f"/chats/message/{message.pk}/history/")
    following = re.search(r'rel="next" href="([^"]+)"', page)[1]

    assert page.count("old-content") == 50
    assert _get(client, f"/chats/message/{message.pk}/history/{following}").count("old-content") == 50


def test_text_of_a_message_is_escaped(browser_of, alice, bob):
    nasty = '<script>alert(1)</script> & "quotes" \u202eRTL 🧵 {{ x }}'
    sent = Message.objects.create(sender=alice, receiver=bob, content=nasty)

    for address in ("/chats/", "/chats/unread/", "/chats/with/alice/", f"/chats/thread/{sent.pk}/"):
        page = _get(browser_of(bob), address)
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page


@pytest.mark.parametrize("page", ["thread", "conversation"])
def test_unchanged_page_of_messages_returns_304(browser_of, write, message, alice, bob, charlie, page):
    """The response is 304 until the content of the page changes.

    That an unread message is now read is no change.
    """
    his, reply = browser_of(bob), write(bob, alice, "Good morning", parent_message=message)
    address = f"/chats/thread/{message.pk}/?at=1" if page == "thread" else "/chats/with/alice/?at=1"

    def version() -> str:
        return re.search(r'data-version="(\w+)"', _get(his, address))[1]

    def requested_with(version: str, client=his) -> int:
        return client.get(address, headers={"If-None-Match": f'"{version}"'}).status_code

    seen = version()
    for change in (
        lambda: reply.edit("Good evening", by=bob),
        lambda: Message.objects.mark_conversation_read(alice, message.conversation_id, up_to=2**53),
        lambda: write(alice, bob, "And you?", parent_message=message),
        reply.delete,
    ):
        assert requested_with(seen) == 304
        change()
        assert requested_with(seen) == 200
        seen = version()

    assert requested_with(seen) == 304
    stranger = 404 if page == "thread" else 200  # An empty conversation with alice.
    assert requested_with(seen, browser_of(charlie)) == stranger
    assert "ETag" not in his.get(address).headers  # Without an ETag a browser does not revalidate by itself.


@pytest.mark.parametrize("where", ["/chats/with/bob/", "/chats/thread/{root}/"])
def test_page_without_messages_shows_the_nearest_ones(browser_of, write, write_many, alice, bob, where):
    root = write(alice, bob, "the first")
    last = write_many(alice, bob, 60, parent_message=root)[-1]
    address = where.format(root=root.pk)
    client = browser_of(alice)
    first_page = client.get(f"{address}?to={root.pk - 1}").content.decode()
    last_page = client.get(f"{address}?from={last.pk + 1}").content.decode()

    assert f'id="m{root.pk}"' in first_page
    assert "Show earlier" not in first_page
    assert "Show later" in first_page
    assert f'id="m{last.pk}"' in last_page
    assert "Show later" not in last_page
