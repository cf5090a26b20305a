"""Invalidation after a change of a user.

The cases are the limit of counterparts, concurrent changes, and changes of many users.
"""

from contextlib import suppress

import pytest
from django.db import connection, transaction

from accounts.models import User
from caching import generations
from messaging.models import Message
from messaging.sending import send

pytestmark = pytest.mark.django_db(transaction=True)

FRIENDS = """
WITH friends AS (
  INSERT INTO accounts_user (username, name_key, look_alike_group, email, password, is_superuser, is_staff,
    is_active, date_joined)
  SELECT 'friend' || n, 'friend' || n, 'friend' || n, '', '!', false, false, true, now()
  FROM generate_series(1, %(count)s) AS n RETURNING id
), opened AS (
  INSERT INTO messaging_conversation (low_id, high_id) SELECT %(user)s, id FROM friends RETURNING id, high_id
)
INSERT INTO messaging_participant (conversation_id, user_id, counterpart_id, unread_count)
SELECT id, high_id, %(user)s, 0 FROM opened UNION ALL SELECT id, %(user)s, high_id, 0 FROM opened
"""


def _befriend(user, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FRIENDS, {"user": user.pk, "count": count})


@pytest.fixture
def invalidated(monkeypatch):
    """Record the calls of `invalidate_shown`: the user who changed and the counterparts.

    The counterparts are None if the pages of all users are invalidated.
    """
    calls = []
    invalidate = generations.invalidate_shown

    def record(user_id, counterparts):
        calls.append((user_id, counterparts if counterparts is None else sorted(counterparts)))
        invalidate(user_id, counterparts)

    monkeypatch.setattr(generations, "invalidate_shown", record)
    return calls


def _rename(user):
    user.username = "alicia"
    user.save()


def _deactivate(user):
    user.is_active = False
    user.save()


CHANGES = [_rename, _deactivate, User.delete]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("count", "bystander_stays"), [(0, True), (1, True), (1_000, True), (1_001, False)])
def test_pages_of_a_bystander_stay_cached_up_to_1000_counterparts(
    count, bystander_stays, change, browser_of, alice, charlie
):
    _befriend(alice, count)
    bystander = browser_of(charlie)
    bystander.get("/chats/")
    change(alice)

    assert (bystander.get("/chats/").headers.get("X-Cache") == "hit") == bystander_stays


def test_member_who_is_activated_is_suggested_at_once(browser_of, alice, bob):
    _deactivate(alice)
    client = browser_of(bob)
    assert b"alice" not in client.get("/chats/people/?to=al").content
    alice.is_active = True
    alice.save()

    assert b"alice" in client.get("/chats/people/?to=al").content


def test_receiver_of_a_first_message_before_an_erasure_is_among_the_counterparts(
    meanwhile, alice, bob, charlie, write, invalidated
):
    write(alice, bob)
    pk = alice.pk
    assert meanwhile(lambda: write(alice, charlie), alice.delete) == [None, None]

    assert invalidated == [(pk, [bob.pk, charlie.pk])]


@pytest.mark.parametrize("by", ["bob", "alice"])
def test_first_message_that_waits_for_an_erasure_is_refused(by, meanwhile, alice, bob, invalidated):
    sender, receiver = (bob, alice) if by == "bob" else (alice, bob)
    pk = alice.pk
    outcomes = meanwhile(
        lambda: User.objects.get(pk=pk).delete(),
        lambda: send(Message(sender=sender, receiver=receiver, content="First")),
    )

    assert outcomes[0] is None
    assert getattr(outcomes[1], "code", None) == "gone"
    assert invalidated == [(pk, [])]


def test_members_deleted_together_invalidate_pages_of_their_counterparts_only(
    browser_of, member, write, alice, bob, charlie, invalidated
):
    gone = [member(f"gone{number}") for number in range(5)]
    for user in gone[:3]:
        write(user, alice)
    write(gone[3], bob)
    pages = {name: browser_of(user) for name, user in (("alice", alice), ("bob", bob), ("charlie", charlie))}
    for client in pages.values():
        client.get("/chats/")
    User.objects.filter(username__startswith="gone").delete()

    hits = {name: client.get("/chats/").headers.get("X-Cache") for name, client in pages.items()}
    assert hits == {"alice": None, "bob": None, "charlie": "hit"}
    assert len(invalidated) == 5


def test_each_member_deleted_with_others_costs_no_more_statements_than_one_alone(
    member, write, alice, count_statements
):
    def erase(count):
        for number in range(count):
            write(member(f"gone{number}"), alice)
        return count_statements(lambda: User.objects.filter(username__startswith="gone").delete())

    alone = erase(1)
    assert [erase(count) <= count * alone for count in (2, 4, 8)] == [True] * 3


@pytest.fixture
def count_statements():
    from django.test.utils import CaptureQueriesContext

    def count(call) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    return count


def _inbox_hit(browser) -> bool:
    return browser.get("/chats/").headers.get("X-Cache") == "hit"


def test_bulk_change_of_no_row_keeps_every_page(browser_of, charlie):
    browser = browser_of(charlie)
    _inbox_hit(browser)
    User.objects.filter(username="nobody").update(is_active=False)
    User.objects.bulk_create([User(username="newcomer", password="!")])

    assert _inbox_hit(browser)


def test_bulk_change_that_is_rolled_back_invalidates_nothing(browser_of, write, alice, bob):
    write(alice, bob)
    browser = browser_of(bob)
    _inbox_hit(browser)
    with suppress(RuntimeError), transaction.atomic():
        User.objects.update(is_active=False)
        raise RuntimeError

    assert _inbox_hit(browser)
