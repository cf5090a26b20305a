"""Copies of a user that were loaded before another process changed the user, and saved after that."""

import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from django.db import connection, transaction

from accounts.models import User
from caching import generations

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ["/chats/", "/chats/unread/", "/chats/notifications/", "/chats/people/?to=b", "/chats/find/?q=b"]
CHANGES = {"a rename": {"username": "robert"}, "a deactivation": {"is_active": False}}
# The options of `save` for the stale copy. Each restores the values from before the change.
SAVES = {
    "whole": {},
    "the name and the state": {"update_fields": ["username", "is_active"]},
    "as a new instance": None,
}


def save(stale, how):
    if SAVES[how] is None:
        fields = {name: getattr(stale, name) for name in ("pk", "username", "password", "date_joined")}
        stale = User(**fields)
    stale.save(**SAVES[how] or {})


@pytest.fixture
def overtaken():
    """Return a function that runs `change` in one transaction and `save` in a second, which waits.

    It calls `look` after the first transaction has ended, but before the second commits.
    """

    def run(change, save, load):
        begun, waiting, ended = (threading.Event() for _ in range(3))

        def first():
            with transaction.atomic():
                change()
                begun.set()
                waiting.wait(10)
            ended.set()
            connection.close()

        def second():
            begun.wait(10)
            with transaction.atomic():
                save()
                ended.wait(10)
                load()
            connection.close()

        with ThreadPoolExecutor(2) as pool:
            outcomes = [pool.submit(first), pool.submit(second)]
            while not waiting.is_set() and not outcomes[1].done():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                    waiting.wait(0.01) if cursor.fetchone() is None else waiting.set()
        assert [outcome.result() for outcome in outcomes] == [None, None]

    return run


@pytest.mark.parametrize("how", SAVES)
@pytest.mark.parametrize("change", CHANGES)
def test_stale_copy_saved_beside_a_change_leaves_no_page_stale(
    how, change, overtaken, browser_of, write, alice, bob
):
    write(bob, alice)
    reader, stale, changed = browser_of(alice), deepcopy(bob), deepcopy(bob)
    for name, value in CHANGES[change].items():
        setattr(changed, name, value)

    def load():
        # This connection does not see uncommitted changes.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: ([reader.get(page) for page in PAGES * 2], connection.close())).result()

    overtaken(lambda: changed.save(), lambda: save(stale, how), load)

    bob.refresh_from_db()
    assert (bob.username, bob.is_active) == ("bob", True)
    pages = [reader.get(page).text for page in PAGES]
    assert ["bob" in page for page in pages] == [True] * len(PAGES)


@pytest.mark.parametrize("fields", [["last_login"], ["password"], ["email"], None])
def test_save_of_a_field_that_no_page_shows_invalidates_nothing(fields, browser_of, write, alice, bob):
    write(bob, alice)
    before = generations.generation_of(alice.pk), generations.generation_of(generations.NAMES)
    bob.email = "bob@example.com"
    bob.save(update_fields=fields)

    assert (generations.generation_of(alice.pk), generations.generation_of(generations.NAMES)) == before


def test_log_in_invalidates_nothing_that_others_see(client, write, alice, bob):
    write(bob, alice)
    bob.set_password("a-long-enough-1")
    bob.save()
    before = generations.generation_of(alice.pk), generations.generation_of(generations.NAMES)
    form = {"username": "bob", "password": "a-long-enough-1"}

    assert client.post("/accounts/login/", form).status_code == 302
    assert (generations.generation_of(alice.pk), generations.generation_of(generations.NAMES)) == before
