"""A change of one user invalidates exactly the cached pages that show this user."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import User
from live import events, receivers
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
CACHED = ["/chats/", "/chats/unread/", "/chats/threads/", "/chats/notifications/"]


def _rename(user):
    user.username = "alicia"
    user.save()


def _deactivate(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


def _erase_by_queryset(user):
    User.objects.filter(pk=user.pk).delete()


CHANGES = [_rename, _deactivate, User.delete, _erase_by_queryset]


def _hits(client, pages=CACHED):
    return [client.get(page).headers.get("X-Cache") == "hit" for page in pages]


@pytest.fixture
def warm(browser_of):
    """Return a client of a user whose pages are cached."""

    def browse(user):
        client = browser_of(user)
        _hits(client)
        assert _hits(client) == [True] * 4
        return client

    return browse


@pytest.mark.parametrize("change", CHANGES)
def test_change_of_a_member_keeps_pages_of_a_bystander_cached(
    warm, write, member, alice, bob, charlie, change
):
    write(alice, bob)
    write(charlie, member("dora"))
    bystander = warm(charlie)
    change(alice)

    assert _hits(bystander) == [True] * 4


@pytest.mark.parametrize("change", CHANGES)
def test_change_of_a_member_invalidates_pages_of_a_counterpart(warm, write, alice, bob, change):
    write(alice, bob)
    counterpart = warm(bob)
    change(alice)

    assert _hits(counterpart) == [False] * 4


def test_sign_up_and_deletion_of_a_stranger_keep_every_page_cached(warm, browser_of, write, alice, bob):
    write(alice, bob)
    bystander = warm(bob)
    hits = []
    for number in range(4):
        stranger = User.objects.create_user(f"stranger{number}", password="Loom-and-shuttle-77")
        page = {"password": "Loom-and-shuttle-77"}
        assert browser_of(stranger).post("/accounts/delete/", page).status_code == 200
        hits += _hits(bystander, ["/chats/"])

    assert not User.objects.filter(username__startswith="stranger").exists()
    assert hits == [True] * 4


@pytest.mark.parametrize(("counterparts", "stays"), [(0, True), (2, True), (3, False)])
def test_more_counterparts_than_the_limit_invalidate_every_page(
    warm, write, member, alice, bob, charlie, monkeypatch, counterparts, stays
):
    monkeypatch.setattr(events, "MOST", 2)
    for number in range(counterparts):
        write(alice, member(f"friend{number}"))
    write(bob, charlie)
    bystander = warm(charlie)
    alice.delete()

    assert _hits(bystander, ["/chats/"]) == [stays]


@pytest.mark.parametrize("change", CHANGES)
def test_change_that_is_rolled_back_invalidates_nothing(warm, write, alice, bob, change):
    write(alice, bob)
    counterpart = warm(bob)
    with pytest.raises(RuntimeError), transaction.atomic():
        change(alice)
        raise RuntimeError

    assert _hits(counterpart) == [True] * 4


def _in_a_thread(call):
    def run():
        try:
            call()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def _send_first_message(sender, receiver):
    _in_a_thread(lambda: Message.objects.create(sender=sender, receiver=receiver, content="First"))


def test_conversation_started_during_a_deactivation_has_its_pages_invalidated(browser_of, alice, bob):
    client = browser_of(bob)
    with transaction.atomic():
        _deactivate(alice)
        _send_first_message(User.objects.get(pk=alice.pk), bob)
        hits = []
        _in_a_thread(lambda: hits.extend(_hits(client) + _hits(client)))

    assert hits == [False] * 4 + [True] * 4
    assert _hits(client) == [False] * 4


def test_bulk_change_of_members_invalidates_every_page(warm, write, alice, bob, charlie):
    write(alice, bob)
    pages = [warm(bob), warm(charlie)]
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert [_hits(client, ["/chats/"]) for client in pages] == [[False], [False]]


def test_bulk_change_of_a_field_that_no_page_shows_keeps_every_page(warm, write, alice, bob):
    write(alice, bob)
    client = warm(bob)
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")

    assert _hits(client, ["/chats/"]) == [True]


def test_error_in_reading_the_counterparts_invalidates_every_page(
    warm, write, alice, bob, charlie, monkeypatch
):
    def fails(*args, **kwargs):
        raise ConnectionError

    write(alice, bob)
    bystander = warm(charlie)
    monkeypatch.setattr(receivers.inbox, "counterparts", fails)
    _rename(alice)

    assert _hits(bystander, ["/chats/"]) == [False]


@pytest.mark.parametrize("change", CHANGES)
def test_suggestions_omit_a_member_who_is_gone_or_renamed(browser_of, alice, bob, change):
    client = browser_of(bob)
    assert b"alice" in client.get("/chats/people/?to=al").content
    change(alice)

    assert b"alice" not in client.get("/chats/people/?to=al").content
