"""Random steps from 8 threads (as many as INTERLEAVINGS) while members are renamed, deactivated and erased:
no page and no suggestion names a member as before.

A name holds a version, and every change of a member gives a higher one. So a name tells how old a page is.
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
from chats import cache, forms, receivers
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = int(os.environ.get("INTERLEAVINGS", "1000"))
THREADS = 8
BACKEND = "django.contrib.auth.backends.ModelBackend"
versions = itertools.count(1)


@dataclass
class Guest:
    """A member who comes and goes; `number` is part of every name. The lock keeps one change at a time."""

    number: int
    user: User
    lock: threading.Lock = field(default_factory=threading.Lock)
    shown_from: int = 0  # Names of lower versions are gone: a change since them is committed.
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

    # --- What is looked at ------------------------------------------------------------------------
    def inbox(self, choose, browser, host) -> None:
        known = [(guest, guest.shown_from) for guest in self.guests]
        response = browser.get("/chats/")
        page = response.content.decode()
        if response.status_code != 200 or f">{host.username}</a>" not in page:
            self.faults.append(f"{host} got {response.status_code} or a page of somebody else")
        self._compare(f"inbox of {host}", page, known)

    def suggest(self, choose, browser, host) -> None:
        guest = choose.choice(self.guests)
        known = [(guest, guest.suggested_from)]
        self._compare("suggestions", " ".join(forms.suggestions(f"guest{guest.number}v", host)), known)

    def _compare(self, where: str, text: str, known) -> None:
        for guest, first in known:
            shown = guest.versions_in(text)
            self.seen += len(shown)
            if any(version < first for version in shown):
                self.faults.append(f"stale: {where} has guest {guest.number} at {shown}, known {first}")

    # --- What changes -----------------------------------------------------------------------------
    def write(self, choose, browser, host) -> None:
        """Also to a guest who has no conversation with this host yet, or is being changed right now."""
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
        """And activate under another name, so that the name before is never right again."""
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
            time.sleep(choose.choice([0, 0, 0.001]))  # A commit may take a while.
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


def test_no_page_names_a_member_as_before_a_change(world, slow_readers):
    assert _run(world) == []
    assert next(world.steps) > STEPS
    assert world.seen > STEPS / 2


@pytest.mark.parametrize("forgotten", ["counterparts", "names"])
def test_pages_or_suggestions_that_a_change_leaves_would_be_seen(world, monkeypatch, forgotten):
    def forget_less(user_id, counterparts):
        if forgotten == "counterparts":
            cache._end({cache._epoch_key(owner) for owner in (cache.NAMES, user_id)})
        else:
            cache.forget_member([user_id, *counterparts])

    monkeypatch.setattr(cache, "forget_shown", forget_less)
    where = {"counterparts": "stale: inbox", "names": "stale: suggestions"}[forgotten]

    assert any(fault.startswith(where) for fault in _run(world))


def test_an_epoch_ended_before_the_commit_of_a_change_would_be_seen(world, slow_readers, monkeypatch):
    monkeypatch.setattr(receivers, "on_commit", lambda using, call, *args, **kwargs: call(*args, **kwargs))

    assert any(fault.startswith("stale: ") for fault in _run(world))
