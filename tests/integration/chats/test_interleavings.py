"""Random steps from 8 threads show no stale page and no page of another user.

The environment variable INTERLEAVINGS sets the number of steps.

The texts are versions. Every message or edit in a conversation writes a higher one, so a page shows how old
it is.

Mutations show that the test detects a page of another user, and a stale page, whose generation is read too
late, kept, or changed too early.
"""

import itertools
import os
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from django.test import Client

from caching import generations, private_pages
from chats import stored_pages
from chats.stored_pages import StoredPagesMiddleware
from live import receivers
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = int(os.environ.get("INTERLEAVINGS", "2000"))
THREADS = 8
BACKEND = "accounts.backends.ModelBackend"
NAMES = ("ann", "ben", "cleo", "dora")
MOST_UNREAD = 20  # Per user, so that all of them fit on the first page.


@dataclass
class Talk:
    """The expected state of a conversation.

    Its lock makes the order of versions the order of commits.
    """

    people: tuple
    lock: threading.Lock = field(default_factory=threading.Lock)
    last: Message | None = None
    version: int = 0  # The highest committed version that a reader can already see.
    # Message ids and receivers: committed messages that no thread is marking as read, and messages whose mark
    # as read is committed.
    surely_unread: dict[int, int] = field(default_factory=dict)
    surely_read: dict[int, int] = field(default_factory=dict)


class World:
    def __init__(self, people):
        self.people = people
        pairs = itertools.combinations(people, 2)
        self.talks = [Talk(pair) for pair in pairs]
        self.versions = itertools.count(1)
        self.steps = itertools.count(1)
        self.faults: list[str] = []

    def talks_of(self, person):
        return [talk for talk in self.talks if person in talk.people]

    def walk(self, seed: int) -> None:
        """Make random steps until STEPS steps are made or one found a violation."""
        choose = random.Random(seed)
        browser, person = Client(), None
        try:
            while next(self.steps) <= STEPS and not self.faults:
                if person is None or choose.random() < 0.01:
                    person = choose.choice(self.people)
                    if choose.random() < 0.5:
                        browser.logout()
                        assert browser.get("/chats/").status_code == 302
                    browser.force_login(person, backend=BACKEND)
                step = choose.choices(
                    [self.inbox, self.unread, self.send, self.edit, self.read], [30, 30, 6, 6, 10]
                )
                step[0](choose, browser, person)
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            raise
        finally:
            connection.close()

    def inbox(self, choose, browser, person) -> None:
        known = [(talk, talk.version) for talk in self.talks_of(person)]
        shown = dict(
            re.findall(
                r'data-counterpart="(\w+)".*?version (\d+)', self._page(browser, person, "/chats/"), re.S
            )
        )
        for talk, version in known:
            other = next(one for one in talk.people if one != person)
            if version and int(shown.get(other.username, 0)) < version:
                self.faults.append(
                    f"inbox of {person}: {other} at {shown.get(other.username)}, known {version}"
                )

    def unread(self, choose, browser, person) -> None:
        talks = self.talks_of(person)
        there = {pk for talk in talks for pk, to in list(talk.surely_unread.items()) if to == person.pk}
        gone = {pk for talk in talks for pk, to in list(talk.surely_read.items()) if to == person.pk}
        page = self._page(browser, person, "/chats/unread/")
        shown = {int(pk) for pk in re.findall(r'data-message="(\d+)"', page)}
        # Ignore the messages that another thread has begun to mark as read.
        there &= {pk for talk in talks for pk in list(talk.surely_unread)}
        if there - shown or gone & shown:
            self.faults.append(f"unread list of {person}: without {there - shown}, with {gone & shown}")

    def send(self, choose, browser, person) -> None:
        talk = choose.choice(self.talks_of(person))
        receiver = next(one for one in talk.people if one != person)
        with talk.lock:
            waiting = sum(to == receiver.pk for t in self.talks for to in list(t.surely_unread.values()))
            if waiting >= MOST_UNREAD:
                return
            version = next(self.versions)
            sent = Message.objects.create(sender=person, receiver=receiver, content=f"version {version}")
            talk.last, talk.version = sent, version
            talk.surely_unread[sent.pk] = receiver.pk

    def edit(self, choose, browser, person) -> None:
        talk = choose.choice(self.talks_of(person))
        with talk.lock:
            if talk.last is None:
                return
            version = next(self.versions)
            with transaction.atomic():
                talk.last.edit(f"version {version}", by=talk.last.sender)
                time.sleep(choose.choice([0, 0, 0.001]))  # Delay some commits.
            talk.version = version

    def read(self, choose, browser, person) -> None:
        talk = choose.choice(self.talks_of(person))
        with talk.lock:
            mine = [pk for pk, to in talk.surely_unread.items() if to == person.pk]
            for pk in mine:
                del talk.surely_unread[pk]
            if mine:
                Message.objects.mark_conversation_read(person, talk.last.conversation_id, up_to=max(mine))
                talk.surely_read.update(dict.fromkeys(mine, person.pk))

    def _page(self, browser, person, address: str) -> str:
        response = browser.get(address)
        page = response.content.decode()
        if response.status_code != 200 or f"<bdi>{person.username}</bdi></p>" not in page:
            self.faults.append(f"{person} got {response.status_code} or a page of somebody else")
        return page


@pytest.fixture
def world(member):
    return World([member(name) for name in NAMES])


def _run(world) -> list[str]:
    with ThreadPoolExecutor(THREADS) as threads:
        wait([threads.submit(world.walk, seed) for seed in range(THREADS)])
    return world.faults


def _is_stale(fault: str) -> bool:
    return fault.startswith(("inbox of", "unread list of"))


def test_random_steps_show_no_stale_page_and_none_of_another_member(world, slow_readers):
    assert _run(world) == []
    assert next(world.steps) > STEPS


def test_generation_read_after_the_database_is_detected(world, slow_readers, monkeypatch):
    store = private_pages.store_page

    def store_under_the_current_generation(key, page, *args):
        owner = int(key.split(":")[2])
        store(key, page._replace(generation=generations.generation_of(owner)), *args)

    monkeypatch.setattr(private_pages, "store_page", store_under_the_current_generation)

    assert any(map(_is_stale, _run(world)))


def test_stored_page_of_an_earlier_generation_is_detected(world, slow_readers, monkeypatch):
    read, first = generations.read_with_generation, {}

    def read_earlier(owner, keys):
        generation, found = read(owner, keys)
        return first.setdefault(owner, generation), found

    monkeypatch.setattr(stored_pages, "read_with_generation", read_earlier)
    monkeypatch.setattr(generations, "_is_of", lambda *args: True)

    assert any(map(_is_stale, _run(world)))


def test_page_for_the_session_of_another_user_is_detected(world, slow_readers, monkeypatch):
    learn = StoredPagesMiddleware.learn

    def learn_wrongly(self, *args):
        learn(self, *args)
        self.users.update(dict.fromkeys(self.users, world.people[0].pk))

    monkeypatch.setattr(StoredPagesMiddleware, "learn", learn_wrongly)
    monkeypatch.setattr(stored_pages, "_is_owner", lambda *args: True)

    assert any("page of somebody else" in fault for fault in _run(world))


def test_invalidation_before_the_commit_is_detected(world, slow_readers, monkeypatch):
    monkeypatch.setattr(receivers, "on_commit", lambda using, call, *args, **kwargs: call(*args, **kwargs))

    assert any(map(_is_stale, _run(world)))
