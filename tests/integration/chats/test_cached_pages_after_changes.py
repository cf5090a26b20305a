"""After a change, the cached pages of both people equal those that are made without the cache."""

import re

import pytest
from django.conf import settings

from accounts.models import User
from caching import generations
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
EACH_TIME = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<=name="client_id" value=")[^"]*'
    r'|(?<="generation": ")[^"]*|(?<=data-generation=")[^"]*|(?<=name="made" value=")[^"]*'
)


class World:
    """alice has written two messages, which bob has read. bob has answered, which alice has not read."""

    def __init__(self, alice, bob, browser_of, root):
        self.alice = alice
        self.first = Message.objects.create(sender=alice, receiver=bob, content="first")
        self.second = Message.objects.create(
            sender=alice, receiver=bob, content="second", parent_message=self.first
        )
        Message.objects.mark_seen(bob, [self.first.pk, self.second.pk])
        self.answer = Message.objects.create(
            sender=bob, receiver=alice, content="answer", parent_message=self.first
        )
        self.hers, self.his, self.admin = map(browser_of, (alice, bob, root))
        for browser in (self.hers, self.his):
            browser.cookies["script"] = "yes"
            browser.get("/chats/new/")  # Sets the CSRF cookie.

    @property
    def pages(self):
        lists = ["/chats/", "/chats/unread/", "/chats/threads/", "/chats/notifications/", "/chats/state/"]
        conversation, thread = self.first.conversation_id, self.first.pk
        return [
            *lists,
            f"/chats/conversation/{conversation}/?at=1",
            f"/chats/thread/{thread}/?at=1",
            "/chats/with/alice/?at=1",
        ]

    def shown(self):
        return [_shown(browser.get(page)) for browser in (self.hers, self.his) for page in self.pages]

    def save(self, **fields):
        user = User.objects.in_bulk([self.alice.pk])[self.alice.pk]
        for name, value in fields.items():
            setattr(user, name, value)
        user.save()

    def submit(self, address, **form):
        response = self.admin.post(f"/admin/accounts/user/{address}", form)
        assert response.status_code == 302, response.content


def _shown(response):
    return response.status_code, EACH_TIME.sub("", response.content.decode())


JOINED = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
CHANGES = {
    "message deleted": lambda w: w.second.delete(),
    "message edited": lambda w: w.second.edit("edited", by=w.alice),
    "message read": lambda w: Message.objects.mark_seen(w.alice, [w.answer.pk]),
    "all read": lambda w: Message.objects.mark_all_read(w.alice),
    "marked unread": lambda w: w.second.mark_unread(),
    "renamed": lambda w: w.save(username="alicia"),
    "deactivated": lambda w: w.save(is_active=False),
    "deactivated in bulk": lambda w: User.objects.filter(pk=w.alice.pk).update(is_active=False),
    "erased": lambda w: User.objects.get(pk=w.alice.pk).delete(),
    "renamed by staff": lambda w: w.submit(
        f"{w.alice.pk}/change/", username="alicia", is_active="on", **JOINED
    ),
    "deactivated by staff": lambda w: w.submit(f"{w.alice.pk}/change/", username="alice", **JOINED),
    "erased by staff": lambda w: w.submit(
        "", action="delete_selected", _selected_action=w.alice.pk, post="yes"
    ),
}


@pytest.fixture
def world(alice, bob, browser_of, member):
    return World(alice, bob, browser_of, member("root", is_staff=True, is_superuser=True))


@pytest.fixture
def without_cache(monkeypatch, world):
    def shown():
        monkeypatch.setattr(settings, "CACHE_PAGES", False)
        pages = world.shown()
        monkeypatch.setattr(settings, "CACHE_PAGES", True)
        return pages

    return shown


@pytest.mark.parametrize("change", CHANGES)
def test_pages_after_a_change_equal_pages_without_the_cache(world, without_cache, change):
    before = [world.shown() for _ in range(3)][-1]
    CHANGES[change](world)
    after = [world.shown() for _ in range(2)]

    assert after == [without_cache()] * 2
    assert before != after[0]


def test_pages_after_an_activation_equal_pages_without_the_cache(world, without_cache):
    world.save(is_active=False)
    before = [world.shown() for _ in range(3)][-1]
    world.save(is_active=True)
    after = world.shown()

    assert after == without_cache()
    assert before != after


@pytest.mark.parametrize("change", ["message edited", "message read", "renamed"])
def test_kept_generation_is_detected(world, without_cache, monkeypatch, change):
    world.shown()
    world.shown()
    monkeypatch.setattr(generations, "_invalidate", lambda *args: 0)
    CHANGES[change](world)

    assert world.shown() != without_cache()
