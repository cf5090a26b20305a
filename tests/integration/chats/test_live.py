"""The process `events`: who hears of what, and when a stream ends. A real one, on the tests' own servers."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from harmed_valkey import Server, until

from accounts.models import Session
from chats.live import notices
from messaging.models import Message
from notifications.models import Notification
from observability.cache import RedisCache

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("events")]
WEB = Path(__file__).parents[3] / "services/web"
ORIGIN = "http://testserver:8000"
STREAMS_A_MINUTE = 30
User = get_user_model()


class Events:
    """A process `events`, and browsers that listen to it."""

    def __init__(self, redis_url: str, **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        told = {
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "REDIS_URL": redis_url,
            "EVENTS_BIND": f"127.0.0.1:{self.port}",
            "EVENTS_ORIGINS": ORIGIN,
            "SECRET_KEY": django_settings.SECRET_KEY,
            "ALLOWED_HOSTS": "testserver",
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn_events.conf.py"]
        self.process = subprocess.Popen(command, cwd=WEB, env=os.environ | told | env)
        until(lambda: self.ask("/readyz") == 200)

    def ask(self, path="/events/", browser=None, method="GET", **headers: str) -> int:
        try:
            return self.open(path, browser, method, **headers).status
        except OSError:
            return 0

    def open(self, path="/events/", browser=None, method="GET", **headers: str) -> http.client.HTTPResponse:
        told = {"Host": "testserver"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if browser:
            told["Cookie"] = f"sessionid={browser.cookies['sessionid'].value}"
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        made.request(method, path, headers=told)
        return made.getresponse()

    def listen(self, browser, **headers: str) -> "Listener":
        return Listener(self.open(browser=browser, **headers))

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


class Listener:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        assert response.status == 200, response.read()
        self.response = response
        self.beginning = self._event()
        assert self.beginning.startswith("retry: ")

    def _event(self) -> str:
        lines = []
        while (line := self.response.readline().decode()) not in {"\n", ""}:
            lines.append(line.strip())
        return "\n".join(lines)

    def next(self) -> dict | None:
        """The next notice, or None at the end of the stream."""
        event = self._event()
        while event.startswith(":"):
            event = self._event()
        return json.loads(event.partition("data: ")[2]) if event else None


@pytest.fixture(scope="module")
def _events(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        made = Events(str(django_settings.CACHES["default"]["LOCATION"]), LIMIT_STREAMS=str(STREAMS_A_MINUTE))
    yield made
    made.end()


@pytest.fixture
def events(_events):
    until(lambda: _events.ask("/readyz") == 200)
    return _events


def test_both_people_hear_of_a_message_and_nobody_else(events, browser_of, alice, bob, charlie):
    hears = {user: events.listen(browser_of(user)) for user in (alice, bob, charlie)}
    sent = Message.objects.create(sender=alice, receiver=bob, content="A secret for bob")
    own = Message.objects.create(sender=charlie, receiver=alice, content="Hello")

    place = {"conversation": sent.conversation_id, "thread": sent.pk, "message": sent.pk}
    assert hears[bob].next() == {"kind": "new", **place}
    assert hears[alice].next() == {"kind": "new", **place}
    assert hears[charlie].next()["message"] == own.pk


def test_edits_reading_and_deletion_are_told_too(events, browser_of, message, alice, bob):
    hears = [events.listen(browser_of(user)) for user in (alice, bob)]
    pk, conversation = message.pk, message.conversation_id
    message.edit("Good evening", by=alice)
    Message.objects.mark_read(bob, conversation, up_to=pk)
    message.delete()

    for listener in hears:
        told = [listener.next() for _ in range(3)]
        assert [notice["kind"] for notice in told] == ["edited", "read", "deleted"]
        assert {notice["conversation"] for notice in told} == {conversation}
        assert {notice["message"] for notice in told} == {pk}
        assert told[1]["reader"] == bob.pk


@pytest.mark.parametrize("how", ["rename", "deactivation", "activation", "erasure"])
def test_counterparts_hear_of_a_change_of_the_member_and_nobody_else(
    events, browser_of, write, alice, bob, charlie, how
):
    write(alice, bob)
    if how == "activation":
        User.objects.filter(pk=alice.pk).update(is_active=False)
        alice.is_active = False
    hears = {user: events.listen(browser_of(user)) for user in (bob, charlie)}
    if how == "erasure":
        alice.delete()
    elif how == "rename":
        alice.username = "alicia"
        alice.save()
    else:
        alice.is_active = not alice.is_active
        alice.save(update_fields=["is_active"])
    alice.email = "a@example.com"
    if how != "erasure":
        alice.save()  # Nothing that others see.
    own = write(bob, charlie)

    assert hears[bob].next() == {"kind": "member"}
    assert hears[bob].next()["message"] == hears[charlie].next()["message"] == own.pk


def test_rename_that_is_rolled_back_is_not_told(events, browser_of, message, alice, bob, write):
    listener = events.listen(browser_of(bob))
    with pytest.raises(RuntimeError), transaction.atomic():
        alice.username = "alicia"
        alice.save()
        raise RuntimeError
    sent = write(bob, alice)

    assert listener.next()["message"] == sent.pk


def test_more_counterparts_than_a_notice_names_are_told_with_everybody(
    events, browser_of, member, write, alice, bob, charlie, monkeypatch
):
    monkeypatch.setattr(notices, "MOST", 2)
    listener = events.listen(browser_of(charlie))
    for person in (bob, member("dora"), member("emil")):
        write(alice, person)
    alice.username = "alicia"
    alice.save()

    assert listener.next() == {"kind": "member"}


def test_what_is_rolled_back_is_not_told(events, browser_of, alice, bob):
    listener = events.listen(browser_of(bob))
    with pytest.raises(RuntimeError), transaction.atomic():
        Message.objects.create(sender=alice, receiver=bob, content="Never said")
        raise RuntimeError
    sent = Message.objects.create(sender=alice, receiver=bob, content="Said")

    assert listener.next()["message"] == sent.pk


def test_a_bulk_of_messages_is_one_notice(events, browser_of, alice, bob):
    listener = events.listen(browser_of(bob))
    Message.objects.bulk_create(Message(sender=alice, receiver=bob, content="x") for _ in range(300))
    Notification.objects.mark_read(bob)

    assert [listener.next()["kind"] for _ in range(2)] == ["sync", "counted"]


def test_who_comes_back_hears_what_was_missed(events, browser_of, write, alice, bob, charlie):
    first = write(alice, bob)
    write(bob, alice)  # bob's own, which he was not told of.
    write(charlie, alice)
    second, third = write(alice, bob), write(charlie, bob)
    listener = events.listen(browser_of(bob), Last_Event_ID=str(first.pk))

    missed = [listener.next()["message"] for _ in range(3)]
    assert missed == [first.pk, second.pk, third.pk]  # The first again: what is told twice does no harm.


def test_who_has_heard_nothing_yet_can_come_back_too(events, browser_of, write, alice, bob):
    begin = events.listen(browser_of(bob)).beginning.partition("id: ")[2]
    sent = write(alice, bob)

    assert begin == "0"
    assert events.listen(browser_of(bob), Last_Event_ID=begin).next()["message"] == sent.pk
    assert events.listen(browser_of(bob)).beginning.endswith(f"id: {sent.pk}")


def test_who_missed_very_much_looks_at_everything(events, browser_of, write_many, alice, bob):
    write_many(alice, bob, 150)

    assert events.listen(browser_of(bob), Last_Event_ID="1").next() == {"kind": "sync"}
    assert events.ask("/events/?last=made-up", browser_of(bob)) == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 401),
        ({"Cookie": "sessionid=made-up"}, 401),
        ({"path": "/chats/"}, 404),
        ({"method": "POST"}, 405),
        ({"Host": "elsewhere.example"}, 400),
        ({"path": "/healthz", "Host": "10.0.0.1"}, 200),
    ],
)
def test_a_request_that_gets_no_stream_is_answered_at_once(events, asked, status):
    assert events.ask(**asked) == status


def test_only_pages_of_ours_may_read_it_from_another_port(events, browser_of, alice):
    told = [
        events.open(browser=browser_of(alice), Origin=origin).headers.get("Access-Control-Allow-Origin")
        for origin in (ORIGIN, "http://testserver", "https://elsewhere.example", "null")
    ]

    assert told == [ORIGIN, None, None, None]


def test_a_member_has_eight_streams_at_most(events, browser_of, alice):
    browser = browser_of(alice)
    open_ones = [events.listen(browser) for _ in range(8)]

    assert events.ask(browser=browser) == 429
    open_ones[0].response.close()
    until(lambda: events.ask(browser=browser) == 200)


def test_member_opens_streams_no_more_often_than_the_limit_whatever_the_session(
    events, browser_of, alice, bob
):
    browsers, opened = [browser_of(alice) for _ in range(3)], 0
    for _ in range(400):
        response = events.open(browser=browsers[opened % 3])
        opened += response.status == 200
        said = b"" if response.status == 200 else response.read()  # Or eight are open still.
        response.close()
        if b"too often" in said:
            break

    assert STREAMS_A_MINUTE <= opened <= STREAMS_A_MINUTE + 2  # The minute slides.
    assert (response.status, int(response.headers["Retry-After"]) > 0) == (429, True)
    assert events.ask(browser=browser_of(bob)) == 200


@pytest.mark.parametrize("how", ["log-out", "password", "deactivation", "erasure"])
def test_a_stream_ends_with_the_session(events, browser_of, alice, how):
    browser = browser_of(alice)
    listener = events.listen(browser)
    if how == "log-out":
        browser.post("/accounts/logout/")
    elif how == "password":
        alice.set_password("another, and a longer one")
        alice.save()
    elif how == "deactivation":
        alice.is_active = False
        alice.save(update_fields=["is_active"])
    else:
        alice.delete()

    assert listener.next() is None


@pytest.mark.parametrize("limit", ["idle", "absolute"])
def test_stream_ends_at_a_limit_of_its_session_and_is_refused_afterwards(events, browser_of, alice, limit):
    browser = browser_of(alice)
    now, soon = timezone.now(), timedelta(seconds=2)
    ends = {"idle": {"expire_date": now + soon}, "absolute": {"started_at": now + soon - timedelta(days=90)}}
    Session.objects.update(**ends[limit])
    cache.clear()
    listener = events.listen(browser)

    assert listener.response.read() is not None  # To its end.
    assert events.ask(browser=browser) == 401


def backends() -> set[int]:
    """The connections of the process `events` to PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND application_name = 'bobbin'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def test_streams_and_made_up_cookies_share_four_connections(events, browser_of, alice, bob):
    held = [events.listen(browser_of(user)) for user in (alice, bob) for _ in range(5)]
    seen = backends()
    for number in range(40):
        assert events.ask(cookie=f"sessionid={number:032x}") == 401
        seen |= backends()

    assert len(seen) <= 4
    assert events.ask("/events/", browser_of(alice)) == 200
    assert len(held) == 10


def test_the_process_ends_streams_in_good_order(browser_of, alice):
    events = Events(str(django_settings.CACHES["default"]["LOCATION"]))
    listener = events.listen(browser_of(alice))
    events.process.send_signal(signal.SIGTERM)

    assert listener.next() is None
    assert events.process.wait(20) == 0


def test_without_redis_there_is_no_stream_and_with_it_there_is_again(browser_of, alice, bob, monkeypatch):
    """The cache of the tests stays: only the process `events` has this Redis."""
    with tempfile.TemporaryDirectory(prefix="events-", dir="/tmp") as folder:
        server = Server(Path(folder))
        server.start()
        events = Events(f"unix://{server.socket}?db=0")
        browser = browser_of(alice)
        listener = events.listen(browser)
        server.process.kill()
        server.process.wait()

        assert listener.next() is None
        assert events.ask(browser=browser) == 503
        assert events.ask("/healthz") == 200
        server.start()
        until(lambda: events.ask("/readyz") == 200)
        again = events.listen(browser)
        server.client().publish(notices.channel(), json.dumps({"to": [alice.pk], "kind": "sync"}))
        assert again.next() == {"kind": "sync"}
        assert events.end() == 0
        server.process.kill()
        server.process.wait()


def test_who_could_not_be_told_is_told_later_that_something_changed(
    events, browser_of, alice, bob, monkeypatch
):
    listener = events.listen(browser_of(bob))
    monkeypatch.setattr(RedisCache, "delete_and_publish", lambda *args: None)
    Message.objects.create(sender=alice, receiver=bob, content="While Redis was away")

    assert listener.next() == {"kind": "sync"}


def test_the_process_of_the_pages_refuses_the_stream_at_once(client, db):
    response = client.get("/events/")

    assert response.status_code == 421
    assert "events" in response.content.decode()


def test_what_cannot_be_read_is_left_out(events, browser_of, alice, bob):
    listener = events.listen(browser_of(bob))
    for odd in ("not JSON", "[]", '{"kind":"new"}', '{"to":[1]}'):
        notices.cache.publish(notices.channel(), odd)
    sent = Message.objects.create(sender=alice, receiver=bob, content="Hello")

    assert listener.next()["message"] == sent.pk
