"""The page of notifications has one row for each conversation, with the first words of the latest message."""

import re

import pytest

from messaging.models import Message
from messaging.reading import LATEST
from messaging.signals import messages_read
from notifications.models import Notification

ROW = re.compile(
    r'data-notification="(\d+)"[^>]*>\s*<a class="who" href="([^"]*)"><bdi>(\w+)</bdi> · ([^<]*)</a>.*?'
    r'<span class="excerpt" dir="auto">([^<]*)</span>',
    re.S,
)


def _rows(client, address="/chats/notifications/"):
    return ROW.findall(client.get(address).content.decode())


def test_conversation_has_one_row_with_the_number_of_new_messages(browser_of, alice, bob, charlie, write):
    write(alice, bob, "first")
    latest = write(charlie, bob, "from charlie")
    write(alice, bob, "second")
    newest = write(alice, bob, "third and last")

    assert _rows(browser_of(bob)) == [
        (str(newest.pk), "/chats/with/alice/", "alice", "3 new messages", "third and last"),
        (str(latest.pk), "/chats/with/charlie/", "charlie", "1 new message", "from charlie"),
    ]


def test_row_counts_the_new_messages_or_else_all_on_the_page(browser_of, alice, bob, write, settings):
    settings.CACHE_PAGES = False  # The transaction of the test is never committed, so it invalidates nothing.
    sent = [write(alice, bob, f"number {n}") for n in range(3)]
    client = browser_of(bob)
    place = f"/chats/with/alice/?at={sent[2].pk}#m{sent[2].pk}"
    for read, address, said in ((2, "/chats/with/alice/", "1 new message"), (3, place, "3 messages")):
        Message.objects.mark_seen(bob, [one.pk for one in sent[:read]])
        assert _rows(client) == [(str(sent[2].pk), address, "alice", said, "number 2")]
        assert ("Mark as read" in client.get("/chats/notifications/").content.decode()) == (read == 2)


@pytest.mark.parametrize("count", [50, 51])
def test_page_groups_its_50_notifications_and_links_to_older_ones(browser_of, alice, bob, write_many, count):
    sent = write_many(alice, bob, count)
    client = browser_of(bob)
    page = client.get("/chats/notifications/").content.decode()

    # A page does not count those of other pages.
    number = "New messages" if count > 50 else "50 new messages"
    assert [row[3] for row in _rows(client)] == [number]
    older = re.search(r'rel="next" href="([^"]*)"', page)
    assert bool(older) == (count == 51)
    if older:
        rest = _rows(client, f"/chats/notifications/{older[1]}")
        assert [(row[0], row[3]) for row in rest] == [(str(sent[0].pk), "New messages")]


def test_text_of_a_message_is_escaped_and_cut(browser_of, alice, bob, write):
    write(alice, bob, "<b>bold</b> " + "word " * 100)
    page = browser_of(bob).get("/chats/notifications/").content.decode()

    assert "&lt;b&gt;bold&lt;/b&gt; word" in page
    assert re.search(r"word \w*…</span>", page)


@pytest.mark.parametrize("size", [1, 10, 100])
def test_marking_a_conversation_makes_a_constant_number_of_queries(
    size, alice, bob, write_many, django_assert_num_queries
):
    sent = write_many(alice, bob, size)

    with django_assert_num_queries(2):  # Messages and notifications.
        assert Message.objects.mark_conversation_read(bob, sent[0].conversation_id, up_to=sent[-1].pk) == size


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_notification_of_another_member_marks_nothing(browser_of, request, message, who):
    client = browser_of(request.getfixturevalue(who))

    assert client.post(f"/chats/notifications/{message.pk}/read/").status_code == 404
    assert not Message.objects.get().read


def test_many_messages_of_a_conversation_are_marked_without_a_list_of_their_ids(
    alice, bob, charlie, write, write_many
):
    found = []

    def collect(read, **kwargs):
        found.append(read)

    sent = write_many(alice, bob, 1_001)
    other = write(charlie, bob)
    messages_read.connect(collect, sender=Message)
    try:
        marked = Message.objects.mark_conversation_read(bob, sent[0].conversation_id, up_to=LATEST)
    finally:
        messages_read.disconnect(collect, sender=Message)

    assert marked == 1_001
    assert [(read.writer_ids, read.ids) for read in found] == [([alice.pk], None)]
    assert list(Notification.objects.filter(read=False).values_list("message", flat=True)) == [other.pk]
