"""The query lab: access, correct counts, and limits for large threads."""

import re

import pytest
from django.test import Client
from zeal import zeal_ignore

from labs import query_lab
from messaging.models import Message

pytestmark = pytest.mark.usefixtures("n_plus_one_on_purpose")
LAB = "/chats/query-lab/"


@pytest.fixture
def n_plus_one_on_purpose(settings):
    """Allow the repeated queries that the naive way makes on purpose."""
    settings.ZEAL_CHECK_UNUSED_IGNORES = False  # A thread of one message repeats no query.
    names = [{"model": "messaging.Message", "field": name} for name in ("sender", "receiver", "replies")]
    with zeal_ignore([*names, {"model": "accounts.User", "field": "get()"}]):
        yield


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def _chain(root: Message, replies: int) -> None:
    parent = root
    for number in range(replies):
        parent = Message.objects.create(
            sender=parent.receiver, receiver=parent.sender, content=f"reply {number}", parent_message=parent
        )


def _fan(root: Message, replies: int) -> None:
    Message.objects.bulk_create(
        Message(sender=root.receiver, receiver=root.sender, content=f"reply {n}", parent_message=root)
        for n in range(replies)
    )


def _queries(page: str) -> list[int]:
    return [int(text.replace(",", "")) for text in re.findall(r"data-queries>([\d,]+)<", page)]


def _shown(page: str) -> list[int]:
    return [int(text.replace(",", "")) for text in re.findall(r"data-fetched>([\d,]+)<", page)]


def test_lab_is_for_staff_and_in_a_demo_for_every_member(browser_of, member, message, bob, settings):
    assert Client().get(LAB).url == f"/accounts/login/?next={LAB}"
    assert browser_of(bob).get(LAB).status_code == 404
    assert browser_of(member("staff", is_staff=True)).get(LAB).status_code == 200

    settings.DEMO = True
    assert browser_of(bob).get(LAB).status_code == 200


@pytest.mark.parametrize("page", ["/chats/", "/chats/thread/{}/?at=1"])
def test_links_to_the_lab_are_only_for_staff(browser_of, alice, bob, message, demo, page):
    alice.is_staff = True
    alice.save()
    pages = [browser_of(user).get(page.format(message.pk)).content.decode() for user in (alice, bob)]

    assert [f'href="{LAB}' in text for text in pages] == [True, False]


def test_thread_of_others_is_hidden_from_strangers_and_staff(browser_of, member, message, charlie, demo):
    for user in (charlie, member("staff", is_staff=True, is_superuser=True)):
        hidden, missing = (browser_of(user).get(f"{LAB}?thread={pk}") for pk in (message.pk, 10**9))
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.content == missing.content
        assert "You have no thread yet" in browser_of(user).get(LAB).content.decode()


@pytest.mark.parametrize("number", ["0", "x", "-1", "9" * 30])
def test_a_made_up_thread_does_not_exist(browser_of, bob, demo, number):
    assert browser_of(bob).get(f"{LAB}?thread={number}").status_code == 404


def test_lab_counts_the_queries_of_each_way(browser_of, message, bob, demo):
    _fan(message, 9)
    page = browser_of(bob).get(f"{LAB}?thread={message.pk}").content.decode()

    # The naive way makes one query for the root and three per message. Prefetching makes one for the root and
    # one per level, including the empty level at the end.
    assert _queries(page) == [1 + 3 * 10, 3, 1]
    assert _shown(page) == [10, 10, 10]


def test_all_ways_find_the_same(message):
    _fan(message, 5)
    _chain(message, 5)
    root = Message.objects.with_people().get(pk=message.pk)

    naive, prefetched, at_once = (way.fetch(root) for way in query_lab.WAYS)
    assert naive == prefetched == at_once
    assert len(at_once) == 11


def test_the_naive_way_stops_at_its_limit(browser_of, message, bob, demo):
    _fan(message, query_lab.NAIVE_LIMIT + 50)
    page = browser_of(bob).get(LAB).content.decode()

    assert _shown(page) == [query_lab.NAIVE_LIMIT, query_lab.NAIVE_LIMIT + 51, query_lab.NAIVE_LIMIT + 51]
    assert _queries(page)[0] == 1 + 3 * query_lab.NAIVE_LIMIT
    assert "Stopped after 200 of 251 messages" in page


def test_prefetching_stops_at_its_number_of_levels(browser_of, message, bob, demo):
    _chain(message, query_lab.LEVELS + 10)
    page = browser_of(bob).get(LAB).content.decode()

    assert _shown(page)[1:] == [query_lab.LEVELS + 1, query_lab.LEVELS + 11]
    assert _queries(page)[1] == 1 + query_lab.LEVELS
    assert "this thread is deeper" in page


def test_most_expensive_thread_stays_within_the_budget(browser_of, message, bob, demo, exceeded_budgets):
    _chain(message, query_lab.NAIVE_LIMIT)
    _fan(message, 10)
    page = browser_of(bob).get(f"{LAB}?thread={message.pk}").content.decode()

    assert sum(_queries(page)) == query_lab.MOST_QUERIES
    assert exceeded_budgets == []


def test_too_large_thread_is_not_fetched(browser_of, message, bob, demo, monkeypatch):
    monkeypatch.setattr(query_lab, "LARGEST", 10)
    monkeypatch.setattr("labs.views.query_lab.LARGEST", 10)
    _fan(message, 10)
    page = browser_of(bob).get(LAB).content.decode()

    assert "has more than 10 messages: too many for the lab" in page
    assert _queries(page) == []


def test_id_of_a_reply_redirects_to_its_thread(browser_of, message, bob, demo):
    _chain(message, 1)
    reply = message.replies.get()

    assert browser_of(bob).get(f"{LAB}?thread={reply.pk}").url == f"{LAB}?thread={message.pk}"


def test_lab_without_a_choice_fetches_the_thread_of_the_latest_message(
    browser_of, message, alice, bob, charlie, demo
):
    other = Message.objects.create(sender=charlie, receiver=bob, content="another thread")
    _fan(other, 5)
    Message.objects.create(sender=charlie, receiver=alice, content="hidden from bob")
    assert _shown(browser_of(bob).get(LAB).content.decode()) == [6, 6, 6]

    Message.objects.create(sender=alice, receiver=bob, content="a reply", parent_message=message)
    assert _shown(browser_of(bob).get(LAB).content.decode()) == [2, 2, 2]


def test_thread_deleted_during_the_comparison_returns_404(browser_of, message, bob, demo, monkeypatch):
    def delete_first(root):
        Message.objects.filter(pk=root.pk).delete()
        return query_lab.compare(root)

    monkeypatch.setattr("labs.views.query_lab.compare", delete_first)
    assert browser_of(bob).get(f"{LAB}?thread={message.pk}").status_code == 404


def test_lab_is_not_stored(browser_of, message, bob, demo):
    response = browser_of(bob).get(LAB)

    assert "no-store" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
