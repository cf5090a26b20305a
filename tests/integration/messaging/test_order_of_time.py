"""Messages are ordered by time, in whatever order they were written or imported."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from messaging import sending
from messaging.models import Message, Participant
from messaging.threads import read_thread

SAFE_INTEGER = 2**53 - 1  # The largest integer that JavaScript represents exactly.
NOON = datetime(2004, 12, 25, 12, tzinfo=UTC)


def _texts(messages) -> list[str]:
    return list(messages.order_by("pk").values_list("content", flat=True))


@pytest.fixture
def load(tmp_path):
    """Return a function that imports tuples `(timestamp, content)` of messages from alice to bob.

    An optional third value is the index of the parent.
    """

    def run(*records, people=("alice", "bob")):
        rows = [
            {
                "id": number,
                "sender": people[0],
                "receiver": people[1],
                "timestamp": at.isoformat(),
                "content": content,
                "parent": parent[0] if parent else None,
            }
            for number, (at, content, *parent) in enumerate(records)
        ]
        path = tmp_path / "messages.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        call_command("import_messages", str(path), "--unread", verbosity=0)

    return run


def test_imported_old_message_precedes_messages_of_today(load, message, alice, wrong_counters):
    load((NOON, "written in 2004"))

    assert _texts(Message.objects.all()) == ["written in 2004", "Good morning, Bob"]
    assert Participant.objects.inbox_rows(alice)[0].excerpt == "Good morning, Bob"
    assert wrong_counters() == []


def test_second_import_of_older_messages_precedes_the_first(load, alice, bob, wrong_counters):
    load((NOON + timedelta(days=1), "b"), (NOON + timedelta(days=3), "d"))
    load((NOON, "a"), (NOON + timedelta(days=2), "c"), (NOON + timedelta(days=4), "e"))

    assert _texts(Message.objects.all()) == ["a", "b", "c", "d", "e"]
    assert Participant.objects.inbox_rows(bob)[0].excerpt == "e"
    assert wrong_counters() == []


def test_pages_inbox_and_thread_are_in_order_of_time_after_several_imports(
    load, browser_of, alice, bob, write
):
    """Import and write messages in between those of earlier imports."""
    root = write(alice, bob, "0", timestamp=NOON)
    times = {number: NOON + timedelta(minutes=number) for number in range(1, 121)}
    for first in (2, 1, 4, 3):
        load(*[(times[number], f"{number}") for number in range(first, 121, 4)])
    write(bob, alice, "1000", parent_message=root)
    load((NOON + timedelta(minutes=200), "200"))
    client, address, shown = browser_of(alice), "/chats/with/bob/?at=1", []
    while address:
        page = client.get(address).content.decode()
        shown = re.findall(r'<div class="content" dir="auto">(\d+)</div>', page) + shown
        earlier = re.search(r'<a [^>]*rel="prev"[^>]*href="([^"]*)"|href="([^"]*)"[^>]*rel="prev"', page)
        address = earlier and urljoin("/chats/with/bob/", unescape(earlier[1] or earlier[2]))

    assert shown == [f"{number}" for number in [*range(121), 200, 1000]]
    assert re.search(r'class="excerpt" dir="auto">(\d+)', client.get("/chats/").content.decode())[1] == "1000"
    thread = client.get(f"/chats/thread/{root.pk}/?at=1").content.decode()
    assert re.findall(r'<div class="content" dir="auto">(\d+)</div>', thread) == ["0", "1000"]


def test_imports_of_the_same_second_keep_the_order_of_import(load, alice, bob):
    load(*[(NOON, f"first {number}") for number in range(5)])
    load(*[(NOON, f"second {number}") for number in range(5)])

    assert _texts(Message.objects.all()) == [
        f"{which} {n}" for which in ("first", "second") for n in range(5)
    ]


def test_import_of_a_file_that_is_not_sorted_is_in_order_of_time(load, alice, bob):
    load(*[(NOON + timedelta(minutes=number), f"{number}") for number in (4, 0, 3, 1, 2)])

    assert _texts(Message.objects.all()) == ["0", "1", "2", "3", "4"]


def test_reply_with_an_earlier_time_follows_its_parent(load, alice, bob):
    load(
        (NOON, "root"),
        (NOON - timedelta(hours=1), "reply", 0),
        (NOON - timedelta(hours=2), "deeper", 1),
        (NOON - timedelta(minutes=5), "before all"),
    )

    assert _texts(Message.objects.all()) == ["before all", "root", "reply", "deeper"]
    root = Message.objects.get(content="root")
    assert [(row.content, depth) for row, depth in read_thread(root.pk)] == [
        ("root", 0), ("reply", 1), ("deeper", 2),
    ]  # fmt: skip


def test_import_from_the_future_and_from_before_1970_is_in_order(load, message, alice, bob, write):
    load((timezone.now() + timedelta(days=400), "next year"), (datetime(1960, 1, 1, tzinfo=UTC), "1960"))
    later = write(bob, alice, "now")

    assert _texts(Message.objects.all()) == ["1960", "Good morning, Bob", "next year", "now"]
    assert later.pk <= SAFE_INTEGER
    assert Message.objects.earliest("pk").pk > 0


def test_message_created_with_an_old_time_is_ordered_by_that_time(message, alice, bob, write, wrong_counters):
    write(bob, alice, "an hour ago", timestamp=timezone.now() - timedelta(hours=1))
    write(alice, bob, "in 2004", timestamp=NOON)

    assert _texts(Message.objects.all()) == ["in 2004", "an hour ago", "Good morning, Bob"]
    assert {side.last_message_id for side in Participant.objects.all()} == {message.pk}
    assert wrong_counters() == []


def test_first_message_of_two_people_with_an_old_time_opens_their_conversation(
    alice, bob, write, wrong_counters
):
    old = write(alice, bob, "in 2004", timestamp=NOON)

    assert old.pk >> 10 == NOON.timestamp() * 1000
    assert wrong_counters() == []


def test_live_ids_contain_the_time_and_are_safe_integers_of_javascript(alice, bob, write):
    sent = [write(alice, bob) for _ in range(5)]

    now = timezone.now().timestamp() * 1000
    assert all(now - 10_000 < message.pk >> 10 <= now + 10 for message in sent)
    assert [m.pk for m in sent] == sorted({m.pk for m in sent})
    assert sent[-1].pk <= SAFE_INTEGER


def test_live_message_follows_the_last_one_though_the_clock_went_back(message, alice, bob, write):
    ahead = message.pk + (3_600_000 << 10)
    Message.objects.bulk_create([Message(pk=ahead, sender=alice, receiver=bob, content="an hour ahead")])

    assert write(bob, alice).pk > ahead


def test_bulk_follows_the_last_one_though_the_clock_went_back(
    message, alice, bob, write_many, wrong_counters
):
    ahead = message.pk + (3_600_000 << 10)
    Message.objects.bulk_create([Message(pk=ahead, sender=alice, receiver=bob, content="an hour ahead")])

    assert min(one.pk for one in write_many(bob, alice, 3)) > ahead
    assert wrong_counters() == []


@pytest.mark.parametrize("year", [2030, 2249, 9999])
def test_id_of_a_future_time_contains_the_present_time(alice, bob, write, load, year):
    future = datetime(year, 1, 1, tzinfo=UTC)
    load((future, "imported"))
    sent = write(bob, alice, "written", timestamp=future)
    now = timezone.now().timestamp() * 1000

    assert _texts(Message.objects.all()) == ["imported", "written"]
    assert sent.pk >> 10 <= now + 10
    assert Message.objects.get(content="imported").timestamp == future


@pytest.mark.parametrize("order", [(200, 500, 900), (900, 500, 200), (500, 900, 200)])
def test_imports_within_one_millisecond_are_in_order_of_time(load, alice, bob, order):
    for microseconds in order:
        load((NOON + timedelta(microseconds=microseconds), f"{microseconds}"))

    assert _texts(Message.objects.all()) == ["200", "500", "900"]


def test_given_id_is_allocated_to_no_other_message_of_the_bulk(alice, bob, wrong_counters):
    chosen = int(NOON.timestamp() * 1000) << 10
    given = Message(pk=chosen, sender=alice, receiver=bob, content="given", timestamp=NOON)
    others = [Message(sender=alice, receiver=bob, content=f"{n}", timestamp=NOON) for n in range(3)]
    Message.objects.bulk_create([*others, given])

    assert Message.objects.get(content="given").pk == chosen
    assert len({message.pk for message in (given, *others)}) == 4
    assert wrong_counters() == []


def test_two_conversations_never_share_an_id(alice, bob, charlie, write_many):
    bulks = [write_many(alice, bob, 1_500, timestamp=NOON), write_many(alice, charlie, 1_500, timestamp=NOON)]
    ids = [message.pk for bulk in bulks for message in bulk]

    assert ids == sorted(set(ids))


def test_bulk_with_default_times_follows_existing_messages(alice, bob, write, write_many, wrong_counters):
    before = [write(alice, bob) for _ in range(20)]
    bulk = write_many(bob, alice, 20)
    after = write(alice, bob)

    assert list(Message.objects.order_by("pk")) == [*before, *bulk, after]
    assert wrong_counters() == []


def test_send_succeeds_with_participants_that_disagree_on_the_last_message(
    message, alice, bob, write, wrong_counters
):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_participant SET last_message_id = NULL WHERE user_id = %s", [bob.pk])
    write(alice, bob)

    assert wrong_counters() == []


def test_sent_message_whose_id_is_taken_gets_another(alice, bob, charlie, write, monkeypatch, wrong_counters):
    now = timezone.now()
    numbered = sending.INSERT.replace("floor(random() * 1024)::bigint", "nextval('low_bits')")
    monkeypatch.setattr(sending, "INSERT", numbered)
    with connection.cursor() as cursor:  # A rollback does not change a sequence.
        cursor.execute("CREATE TEMPORARY SEQUENCE low_bits")
        first = write(alice, bob, timestamp=now)
        cursor.execute("SELECT setval('low_bits', 1, false)")
        second = write(alice, charlie, timestamp=now)

    assert second.pk == first.pk + 1
    assert wrong_counters() == []


@pytest.mark.django_db(transaction=True)
def test_id_that_another_transaction_takes_first_is_allocated_again(
    alice, bob, charlie, meanwhile, wrong_counters
):
    def add(receiver):
        return lambda: Message.objects.bulk_create(
            Message(sender=alice, receiver=receiver, content=f"{number}", timestamp=NOON)
            for number in range(20)
        )

    assert meanwhile(add(bob), add(charlie)) == [None, None]
    assert Message.objects.count() == 40
    assert wrong_counters() == []


@pytest.mark.django_db(transaction=True)
def test_single_message_whose_id_another_transaction_takes_is_sent_once(
    alice, bob, charlie, write, meanwhile, wrong_counters
):
    def send(receiver):
        return lambda: write(alice, receiver, timestamp=NOON)

    assert meanwhile(send(bob), send(charlie)) == [None, None]
    assert Message.objects.count() == 2
    assert wrong_counters() == []


@pytest.mark.django_db(transaction=True)
def test_parallel_imports_and_sends_lose_nothing(
    alice, bob, charlie, write, write_many, at_once, wrong_counters
):
    User.objects.create(username="dora")

    def bulk(receiver):
        return lambda: [write_many(alice, receiver, 50, timestamp=NOON) for _ in range(4)] and None

    def send():
        for _ in range(50):
            write(bob, alice)

    assert at_once(bulk(bob), bulk(charlie), send, send) == [None] * 4
    assert Message.objects.count() == 500
    assert wrong_counters() == []
