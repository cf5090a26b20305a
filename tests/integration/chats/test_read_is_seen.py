"""A message is read when the receiver has had it on a page.

Receipts, badges, the unread list and the notifications always agree.
"""

import html
import re

import pytest
from django.db import models

from messaging.models import Message
from notifications.models import Notification

BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def state(settings):
    """Return a function that returns both badges.

    It also checks that every notification agrees with its message.
    """
    settings.CACHE_PAGES = False  # The transaction of the test is never committed, so it invalidates nothing.

    def load(client) -> tuple[int, int]:
        found_rows = Notification.objects.values_list("read", "message__read")
        assert all(read == message_read for read, message_read in found_rows)
        found = client.get("/chats/state/").json()
        return found["unread"], found["notifications"]

    return load


@pytest.fixture
def town(alice, bob, charlie, write_many, write):
    """Create 120 unread messages from alice to bob, and a thread with 120 unread replies by charlie."""
    flat = write_many(alice, bob, 120)
    root = write(bob, charlie, "root")
    replies = Message.objects.bulk_create(
        Message(sender=charlie, receiver=bob, content="r", parent_message=root) for _ in range(120)
    )
    return flat, root, replies


def _unread(messages) -> list[int]:
    unread = set(Message.unread.values_list("pk", flat=True))
    return [place for place, message in enumerate(messages) if message.pk in unread]


def test_conversation_marks_the_page_that_was_rendered(browser_of, town, alice, bob):
    flat, _, _ = town
    browser_of(bob).get("/chats/with/alice/?at=1")

    assert _unread(flat) == list(range(70))
    earlier = browser_of(alice).get(f"/chats/with/bob/?to={flat[69].pk}").content.decode()
    assert '<span class="seen">' not in earlier
    assert browser_of(bob).get("/chats/unread/").content.decode().count("data-message=") == 50


def test_badges_count_messages_that_were_not_on_the_page(browser_of, bob, alice, write_many, state):
    write_many(alice, bob, 120)
    client = browser_of(bob)
    client.get("/chats/with/alice/?at=1")
    assert state(client) == (70, 70)

    client.get(f"/chats/with/alice/?to={Message.objects.order_by('pk')[9].pk}")
    assert state(client) == (60, 60)


def test_link_to_a_reply_marks_the_rows_that_it_shows(browser_of, town, bob):
    _, _, replies = town
    client = browser_of(bob)
    client.get(f"/chats/message/{replies[60].pk}/", follow=True)

    assert _unread(replies) == [*range(35), *range(85, 120)]


@pytest.mark.parametrize("page", ["from", "to"])
def test_middle_page_of_a_thread_marks_only_its_own_rows(page, browser_of, town, bob):
    _, root, replies = town
    browser_of(bob).get(f"/chats/thread/{root.pk}/?{page}={replies[60].pk}")

    marked = range(60, 110) if page == "from" else range(11, 61)
    assert _unread(replies) == [place for place in range(120) if place not in marked]


def test_thread_page_leaves_messages_of_other_threads_unread(browser_of, message, alice, bob, write):
    between = write(alice, bob, "another thread")
    inside = write(alice, bob, "a reply", parent_message=message)
    browser_of(bob).get(f"/chats/thread/{message.pk}/?at=1")

    assert _unread([message, between, inside]) == [1]
    page = browser_of(alice).get("/chats/with/bob/?at=1").content.decode()
    assert page.count('<span class="seen">') == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prerender"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Purpose": "prefetch; prerender"},
        {"Sec-Purpose": "prefetch;anonymous-client-ip"},
        {"Sec-Purpose": "Prefetch"},
        {"Sec-Purpose": "PRERENDER"},
        {"Purpose": "prefetch"},
        {"Purpose": "Prefetch"},
        {"Purpose": "prerender"},
        {"X-Moz": "prefetch"},
        {"X-Moz": "PREFETCH"},
        {"X-Purpose": "preview"},
        {"X-Purpose": "prefetch", "Sec-Fetch-Mode": "navigate"},
    ],
)
@pytest.mark.parametrize("path", ["/chats/with/alice/?at=1", "/chats/thread/{}/?at=1"])
def test_page_fetched_in_advance_marks_nothing(path, headers, browser_of, message, bob, state):
    client = browser_of(bob)
    client.get(path.format(message.pk), headers=headers)
    assert state(client) == (1, 1)

    client.get(path.format(message.pk), headers={"Purpose": "x"})
    assert state(client) == (0, 0)


@pytest.mark.parametrize("dest", ["image", "iframe", "embed", "empty", "script"])
@pytest.mark.parametrize(
    "path", ["/chats/with/alice/?at=1", "/chats/thread/{}/?at=1", "/chats/with/alice/?at=1&script=no"]
)
def test_page_without_javascript_inside_another_page_marks_nothing(
    path, dest, browser_of, message, bob, state
):
    client = browser_of(bob)
    client.cookies["script"] = "no"
    client.get(path.format(message.pk), headers={"Sec-Fetch-Dest": dest})
    assert state(client) == (1, 1)

    client.get(path.format(message.pk), headers={"Sec-Fetch-Dest": "document"})
    assert state(client) == (0, 0)


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prerender"}, {"X-Moz": "Prefetch"}, None])
def test_page_without_javascript_in_advance_remembers_and_marks_nothing(
    headers, browser_of, message, bob, state
):
    client = browser_of(bob)
    address = "/chats/with/alice/?at=1&script=no"
    response = client.get(address, headers=headers) if headers else client.head(address)
    assert ("script" in response.cookies, state(client)) == (False, (1, 1))

    response = client.get(address)
    assert (response.cookies["script"].value, state(client)) == ("no", (0, 0))


@pytest.mark.parametrize("path", ["/chats/with/alice/?at=1", "/chats/thread/{}/?at=1"])
def test_head_marks_nothing(path, browser_of, message, bob, state):
    client = browser_of(bob)
    client.head(path.format(message.pk))

    assert state(client) == (1, 1)


@pytest.mark.parametrize("headers", [BROWSER, {"Upgrade-Insecure-Requests": "1"}, {"Cookie": "script=yes"}])
def test_page_for_a_browser_leaves_the_marking_to_its_script(headers, browser_of, message, bob, state):
    client = browser_of(bob)
    if "Cookie" in headers:
        client.cookies["script"] = "yes"
        headers = {}
    page = client.get("/chats/with/alice/?at=1", headers=headers).content.decode()

    assert state(client) == (1, 1)
    assert '<noscript><meta http-equiv="refresh"' in page


@pytest.mark.parametrize("path", ["/chats/with/alice/?to=9007199254740991", "/chats/thread/{}/?at={}"])
def test_browser_without_javascript_reloads_and_then_marks_by_itself(
    path, browser_of, message, alice, bob, write, state
):
    client = browser_of(bob)
    path = path.format(message.pk, message.pk)
    page = client.get(path, headers=BROWSER).content.decode()
    again = html.unescape(re.search(r'content="0; url=([^"]+)"', page)[1])
    page = client.get(path.partition("?")[0] + again, headers=BROWSER).content.decode()
    assert state(client) == (0, 0)
    assert "<noscript>" not in page

    write(alice, bob, parent_message=message)
    client.get(path, headers=BROWSER)
    assert state(client) == (0, 0)


def test_link_from_another_site_does_not_decide_what_is_marked(browser_of, message, bob, state):
    client = browser_of(bob)
    response = client.get(
        "/chats/with/alice/?at=1&script=no", headers=BROWSER | {"Sec-Fetch-Site": "cross-site"}
    )

    assert state(client) == (1, 1)
    assert "script" not in response.cookies


def test_only_the_ids_sent_as_seen_are_marked(browser_of, bob, alice, write_many, state):
    sent = write_many(alice, bob, 5)
    client = browser_of(bob)
    answer = client.post("/chats/seen/", {"ids": f"{sent[1].pk},{sent[3].pk}"})

    assert answer.json() == {"member": bob.pk, "unread": 3, "notifications": 3}
    assert _unread(sent) == [0, 2, 4]
    assert state(client) == (3, 3)


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_only_the_receiver_can_mark_a_message_as_seen(who, browser_of, message, request, state, bob):
    answer = browser_of(request.getfixturevalue(who)).post("/chats/seen/", {"ids": str(message.pk)})

    assert answer.status_code == 200
    assert state(browser_of(bob)) == (1, 1)


@pytest.mark.parametrize(
    "ids", ["", "x", "1,", "-1", "0", "1;2", "9" * 30, "٣", str(2**63), ",".join(["1"] * 101)]
)
def test_invalid_ids_are_refused(ids, browser_of, message, bob, state):
    client = browser_of(bob)

    assert client.post("/chats/seen/", {"ids": ids}).status_code == 400
    assert state(client) == (1, 1)


def test_marking_by_get_or_without_token_changes_nothing(browser_of, message, bob, state):
    client = browser_of(bob)
    assert client.get(f"/chats/seen/?ids={message.pk}").url == "/chats/"
    assert state(client) == (1, 1)
    client.handler.enforce_csrf_checks = True

    assert client.post("/chats/seen/", {"ids": str(message.pk)}).status_code == 403
    assert state(client) == (1, 1)


def test_marking_as_seen_makes_the_same_number_of_queries_for_1_and_100(
    browser_of, alice, bob, write_many, count_queries
):
    client = browser_of(bob)
    client.post("/chats/seen/", {"ids": "1"})
    costs = set()
    for size in (1, 10, 100):
        ids = ",".join(str(message.pk) for message in write_many(alice, bob, size))
        costs.add(count_queries(lambda ids=ids: client.post("/chats/seen/", {"ids": ids})))

    assert len(costs) == 1


def test_newest_read_message_has_the_time_of_reading(browser_of, alice, bob, write):
    first, second, third = (write(alice, bob, text) for text in ("one", "two", "three"))
    write(bob, alice, "an answer").mark_read()
    for message in (first, second):
        message.mark_read()
    page = browser_of(alice).get("/chats/with/bob/?at=1").content.decode()

    receipts = re.findall(r'id="m(\d+)".*?<span class="seen">read(.*?)</span>', page, re.DOTALL)
    read_at = Message.objects.get(pk=second.pk).read_at
    assert [int(pk) for pk, _ in receipts] == [first.pk, second.pk]
    assert [f"{read_at:%Y-%m-%dT%H:%M:%SZ}" in time for _, time in receipts] == [False, True]

    third.mark_read()
    page = browser_of(alice).get("/chats/with/bob/?at=1").content.decode()
    assert page.count('<span class="seen">read</span>') == 2
    assert page.count('<span class="seen">read <time') == 1


def test_page_changes_when_a_message_is_read_at_another_time(browser_of, message, alice, settings):
    settings.CACHE_PAGES = False
    versions = set()
    for hour in (8, 9):
        models.QuerySet.update(Message.objects.all(), read=True, read_at=f"2026-01-01T{hour:02}:00Z")
        page = browser_of(alice).get("/chats/with/bob/?at=1").content.decode()
        versions |= set(re.findall(r'data-version="(.*?)"', page))
    assert len(versions) == 2


def test_message_marked_unread_has_an_unread_notification_and_no_receipt(
    browser_of, message, alice, bob, state
):
    client = browser_of(bob)
    client.get("/chats/with/alice/?at=1")
    assert '<span class="seen">' in browser_of(alice).get("/chats/with/bob/?at=1").content.decode()
    client.post(f"/chats/message/{message.pk}/unread/")

    assert state(client) == (1, 1)
    assert '<span class="seen">' not in browser_of(alice).get("/chats/with/bob/?at=1").content.decode()


def test_all_marked_on_the_notifications_page_are_read_everywhere(
    browser_of, town, write, alice, bob, state, wrong_counters
):
    client = browser_of(bob)
    page = client.get("/chats/notifications/").content.decode()
    shown = re.search(r'name="up_to" value="(\d+)"', page)[1]
    late = write(alice, bob, "after the page was made")
    client.post("/chats/notifications/read/", {"up_to": shown})

    assert state(client) == (1, 1)
    assert list(Message.unread.for_user(bob)) == [late]
    assert '<span class="seen">' in browser_of(alice).get("/chats/with/bob/?at=1").content.decode()
    assert wrong_counters() == []


def test_all_marked_on_an_older_page_leaves_newer_ones(browser_of, alice, bob, write_many, state):
    sent = write_many(alice, bob, 60)
    client = browser_of(bob)
    page = client.get(f"/chats/notifications/?before={sent[10].pk}").content.decode()
    assert "Mark these and older as read" in page
    client.post("/chats/notifications/read/", {"up_to": re.search(r'up_to" value="(\d+)"', page)[1]})

    assert _unread(sent) == list(range(10, 60))


def test_all_marked_on_an_empty_older_page_leaves_newer_ones(browser_of, alice, bob, write_many, state):
    sent = write_many(alice, bob, 3)
    client = browser_of(bob)
    page = client.get(f"/chats/notifications/?before={sent[0].pk}").content.decode()
    client.post("/chats/notifications/read/", {"up_to": re.search(r'up_to" value="(\d+)"', page)[1]})

    assert _unread(sent) == [0, 1, 2]


@pytest.mark.parametrize("up_to", ["", "x", "-1", "9" * 19, "9" * 40])
def test_invalid_up_to_marks_all(up_to, browser_of, message, bob, state):
    client = browser_of(bob)
    client.post("/chats/notifications/read/", {"up_to": up_to})

    assert state(client) == (0, 0)


def test_notification_marked_alone_marks_the_messages_of_its_conversation_up_to_it(
    browser_of, alice, bob, charlie, write, write_many, state
):
    other = write(charlie, bob)
    sent = write_many(alice, bob, 3)
    client = browser_of(bob)
    response = client.post(f"/chats/notifications/{sent[1].pk}/read/")

    assert response.url == "/chats/notifications/"
    assert state(client) == (2, 2)
    assert set(Message.unread.for_user(bob)) == {other, sent[2]}


@pytest.mark.parametrize("fields", [None, ["read"]])
def test_saved_notification_changes_its_message_too(fields, browser_of, message, bob, state, wrong_counters):
    reported = Notification.objects.get()
    for read in (True, False):
        reported.read = read
        reported.save(update_fields=fields)
        assert state(browser_of(bob)) == (0 if read else 1,) * 2
    assert wrong_counters() == []


def test_notifications_of_imported_messages_have_the_time_of_the_message(
    browser_of, message, alice, bob, write
):
    old = write(alice, bob, timestamp=message.timestamp.replace(year=2004))
    rows = list(Notification.objects.for_user(bob).rows())

    assert [row.message_id for row in rows] == [message.pk, old.pk]
    assert rows[1].created_at == old.timestamp
