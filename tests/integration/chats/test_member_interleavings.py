"""Random steps from 8 threads while users are renamed, deactivated and erased.

No page and no suggestion may show a name from before a change. The environment variable INTERLEAVINGS sets
the number of steps.

A name contains a version, and every change of a user writes a higher one. So a name shows how old a page is.
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
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from caching import generations
from chats.cache import suggestions
from live import receivers
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = int(os.environ.get("INTERLEAVINGS", "1000"))
THREADS = 8
BACKEND = "accounts.backends.ModelBackend"
versions = itertools.count(1)


@dataclass
class Guest:
    """A user who is renamed, deactivated and erased.

    `number` is part of every name. The lock allows one change at a time.
    """

    number: int
    user: User
    lock: threading.Lock = field(default_factory=threading.Lock)
    shown_from: int = 0  # Names with lower versions are stale, because a change after them is committed.
    suggested_from: int = 0

    def name(self, version: int) -> str:
        return f"guest{self.number}v{version}"

    def versions_in(self, text: str) -> list[int]:
        return [int(version) for version in re.findall(rf"guest{self.number}v(\d+)", text)]


class World:
    def __init__(self, hosts):
        self.hosts = hosts
        self.guests = [self._arrive(number) for number in range(4)]
        self.steps = itertools.count(1)
        self.faults: list[str] = []
        self.seen = 0

    def _arrive(self, number: int) -> Guest:
        user = User.objects.create(username=f"guest{number}v{next(versions)}", password="!")
        Message.objects.create(sender=self.hosts[number % len(self.hosts)], receiver=user, content="hello")
        return Guest(number, user)

    def walk(self, seed: int) -> None:
        choose = random.Random(seed)
        host = self.hosts[seed % len(self.hosts)]
        browser = Client()
        browser.force_login(host, backend=BACKEND)
        steps = [self.inbox, self.suggest, self.write, self.rename, self.deactivate, self.erase]
        try:
            while next(self.steps) <= STEPS and not self.faults:
                step = choose.choices(steps, [40, 15, 10, 5, 3, 2])[0]
                step(choose, browser, host)
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            raise
        finally:
            connection.close()

    # --- Reads ------------------------------------------------------------------------------------
    def inbox(self, choose, browser, host) -> None:
        known = [(guest, guest.shown_from) for guest in self.guests]
        response = browser.get("/chats/")
        page = response.content.decode()
        if response.status_code != 200 or f"<bdi>{host.username}</bdi></p>" not in page:
            self.faults.append(f"{host} got {response.status_code} or a page of somebody else")
        self._compare(f"inbox of {host}", page, known)

    def suggest(self, choose, browser, host) -> None:
        guest = choose.choice(self.guests)
        known = [(guest, guest.suggested_from)]
        self._compare("suggestions", " ".join(suggestions(f"guest{guest.number}v", host)), known)

    def _compare(self, where: str, text: str, known) -> None:
        for guest, first in known:
            shown = guest.versions_in(text)
            self.seen += len(shown)
            if any(version < first for version in shown):
                self.faults.append(f"stale: {where} has guest {guest.number} at {shown}, known {first}")

    # --- Writes -----------------------------------------------------------------------------------
    def write(self, choose, browser, host) -> None:
        """Write to a guest, who may have no conversation with this host yet, or may be changing right now."""
        try:
            Message.objects.create(sender=host, receiver=choose.choice(self.guests).user, content="hello")
        except ValidationError as refused:
            if refused.code not in {"gone", "inactive"}:
                raise

    def rename(self, choose, browser, host) -> None:
        guest = choose.choice(self.guests)
        with guest.lock:
            self._save(choose, guest, next(versions), is_active=True)

    def deactivate(self, choose, browser, host) -> None:
        """Deactivate a guest, and activate it under another name, so that the old name stays stale."""
        guest = choose.choice(self.guests)
        with guest.lock:
            version = guest.versions_in(guest.user.username)[0]
            self._save(choose, guest, version, is_active=False)
            guest.suggested_from = version + 1
            time.sleep(0.002)
            self._save(choose, guest, next(versions), is_active=True)

    def _save(self, choose, guest, version: int, is_active: bool) -> None:
        user = guest.user
        user.username, user.is_active = guest.name(version), is_active
        with transaction.atomic():
            user.save(update_fields=["username", "is_active"])
            time.sleep(choose.choice([0, 0, 0.001]))  # Delay some commits.
        guest.shown_from = guest.suggested_from = version

    def erase(self, choose, browser, host) -> None:
        guest = choose.choice(self.guests)
        with guest.lock:
            User.objects.filter(pk=guest.user.pk).delete()
            guest.shown_from = guest.suggested_from = next(versions)
            guest.user = User.objects.create(username=guest.name(next(versions)), password="!")


@pytest.fixture
def world(member):
    return World([member(name) for name in ("ann", "ben", "cleo")])


def _run(world) -> list[str]:
    with ThreadPoolExecutor(THREADS) as threads:
        wait([threads.submit(world.walk, seed) for seed in range(THREADS)])
    return world.faults


def test_no_page_shows_a_name_from_before_a_change(world, slow_readers):
    assert _run(world) == []
    assert next(world.steps) > STEPS
    assert world.seen > STEPS / 2


@pytest.mark.parametrize("invalidated", ["counterparts", "names"])
def test_change_that_invalidates_too_little_is_detected(world, monkeypatch, invalidated):
    def invalidate_less(user_id, counterparts):
        if invalidated == "counterparts":
            generations._invalidate(
                {generations._generation_key(owner) for owner in (generations.NAMES, user_id)}
            )
        else:
            generations.invalidate_users([user_id, *counterparts])

    monkeypatch.setattr(generations, "invalidate_shown", invalidate_less)
    where = {"counterparts": "stale: inbox", "names": "stale: suggestions"}[invalidated]

    assert any(fault.startswith(where) for fault in _run(world))


def test_invalidation_before_the_commit_of_a_change_is_detected(world, slow_readers, monkeypatch):
    monkeypatch.setattr(receivers, "on_commit", lambda using, call, *args, **kwargs: call(*args, **kwargs))

    assert any(fault.startswith("stale: ") for fault in _run(world))
