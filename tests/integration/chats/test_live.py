"""The process `events`: which users receive an event, and when a stream ends.

The tests run a real process with their own PostgreSQL and Redis.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Session
from caching.backend import RedisCache
from live import events as published
from messaging.models import Message
from tests.support.harmed_valkey import Server, until
from tests.support.http_client.connection import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("events")]
WEB = Path(__file__).parents[3] / "services/web"
ORIGIN = "http://testserver:8000"
STREAMS_A_MINUTE = 30
User = get_user_model()


class Events:
    """A process `events`, and methods that open streams to it."""

    def __init__(self, redis_url: str, **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        reported = {
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "REDIS_URL": redis_url,
            "EVENTS_BIND": f"127.0.0.1:{self.port}",
            "EVENTS_ORIGINS": ORIGIN,
            "SECRET_KEY": django_settings.SECRET_KEY,
            "ALLOWED_HOSTS": "testserver",
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn_events.conf.py"]
        self.process = subprocess.Popen(command, cwd=WEB, env=os.environ | reported | env)
        until(lambda: self.fetch("/readyz") == 200)

    def fetch(self, path="/events/", browser=None, method="GET", **headers: str) -> int:
        try:
            return self.open(path, browser, method, **headers).status
        except OSError:
            return 0

    def open(self, path="/events/", browser=None, method="GET", **headers: str) -> http.client.HTTPResponse:
        reported = {"Host": "testserver"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if browser:
            reported["Cookie"] = f"sessionid={browser.cookies['sessionid'].value}"
        return Connection(f"http://127.0.0.1:{self.port}").open(method, path, reported)

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
        """Return the next event, or None at the end of the stream."""
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
    until(lambda: _events.fetch("/readyz") == 200)
    return _events


def test_message_is_published_to_its_two_members_only(events, browser_of, alice, bob, charlie):
    receives = {user: events.listen(browser_of(user)) for user in (alice, bob, charlie)}
    sent = Message.objects.create(sender=alice, receiver=bob, content="A secret for bob")
    own = Message.objects.create(sender=charlie, receiver=alice, content="Hello")

    place = {"conversation": sent.conversation_id, "thread": sent.pk, "message": sent.pk}
    assert receives[bob].next() == {"kind": "new", **place}
    assert receives[alice].next() == {"kind": "new", **place}
    assert receives[charlie].next()["message"] == own.pk


def test_edit_reading_and_deletion_are_published(events, browser_of, message, alice, bob):
    receives = [events.listen(browser_of(user)) for user in (alice, bob)]
    pk, conversation = message.pk, message.conversation_id
    message.edit("Good evening", by=alice)
    Message.objects.mark_conversation_read(bob, conversation, up_to=pk)
    message.delete()

    for listener in receives:
        reported = [listener.next() for _ in range(3)]
        assert [event["kind"] for event in reported] == ["edited", "read", "deleted"]
        assert {event["conversation"] for event in reported} == {conversation}
        assert [reported[0]["message"], reported[1]["ids"], reported[2]["message"]] == [pk, [pk], pk]
        assert reported[1]["reader"] == bob.pk


@pytest.mark.parametrize("how", ["rename", "deactivation", "activation", "erasure"])
def test_change_of_a_member_is_published_to_counterparts_only(
    events, browser_of, write, alice, bob, charlie, how
):
    write(alice, bob)
    if how == "activation":
        User.objects.filter(pk=alice.pk).update(is_active=False)
        alice.is_active = False
    receives = {user: events.listen(browser_of(user)) for user in (bob, charlie)}
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
        alice.save()  # No page shows this field to others.
    own = write(bob, charlie)

    assert receives[bob].next() == {"kind": "member"}
    assert receives[bob].next()["message"] == receives[charlie].next()["message"] == own.pk


def test_rename_that_is_rolled_back_is_not_published(events, browser_of, message, alice, bob, write):
    listener = events.listen(browser_of(bob))
    with pytest.raises(RuntimeError), transaction.atomic():
        alice.username = "alicia"
        alice.save()
        raise RuntimeError
    sent = write(bob, alice)

    assert listener.next()["message"] == sent.pk


def test_change_of_a_member_with_too_many_counterparts_is_published_to_all(
    events, browser_of, member, write, alice, bob, charlie, monkeypatch
):
    monkeypatch.setattr(published, "MOST", 2)
    listener = events.listen(browser_of(charlie))
    for person in (bob, member("dora"), member("emil")):
        write(alice, person)
    alice.username = "alicia"
    alice.save()

    assert listener.next() == {"kind": "member"}


def test_message_that_is_rolled_back_is_not_published(events, browser_of, alice, bob):
    listener = events.listen(browser_of(bob))
    with pytest.raises(RuntimeError), transaction.atomic():
        Message.objects.create(sender=alice, receiver=bob, content="Never said")
        raise RuntimeError
    sent = Message.objects.create(sender=alice, receiver=bob, content="Said")

    assert listener.next()["message"] == sent.pk


def test_bulk_of_messages_is_one_event(events, browser_of, alice, bob):
    listener = events.listen(browser_of(bob))
    Message.objects.bulk_create(Message(sender=alice, receiver=bob, content="x") for _ in range(300))
    Message.objects.mark_all_read(bob)

    assert [listener.next()["kind"] for _ in range(2)] == ["sync", "counted"]


def test_reconnected_stream_gets_the_missed_messages(events, browser_of, write, alice, bob, charlie):
    first = write(alice, bob)
    write(bob, alice)  # This message is bob's own, so he received no event for it.
    write(charlie, alice)
    second, third = write(alice, bob), write(charlie, bob)
    listener = events.listen(browser_of(bob), Last_Event_ID=str(first.pk))

    missed = [listener.next()["message"] for _ in range(3)]
    # The first message is sent again, because a repeated event has no effect.
    assert missed == [first.pk, second.pk, third.pk]


def test_stream_that_reconnects_before_its_first_event_gets_the_missed_messages(
    events, browser_of, write, alice, bob
):
    begin = events.listen(browser_of(bob)).beginning.partition("id: ")[2]
    sent = write(alice, bob)

    assert begin == "0"
    assert events.listen(browser_of(bob), Last_Event_ID=begin).next()["message"] == sent.pk
    assert events.listen(browser_of(bob)).beginning.endswith(f"id: {sent.pk}")


def test_reconnected_stream_that_missed_many_messages_gets_sync(events, browser_of, write_many, alice, bob):
    write_many(alice, bob, 150)

    assert events.listen(browser_of(bob), Last_Event_ID="1").next() == {"kind": "sync"}
    assert events.fetch("/events/?last=made-up", browser_of(bob)) == 200


@pytest.mark.parametrize(
    ("requested", "status"),
    [
        ({}, 401),
        ({"Cookie": "sessionid=made-up"}, 401),
        ({"path": "/chats/"}, 404),
        ({"method": "POST"}, 405),
        ({"Host": "elsewhere.example"}, 400),
        ({"path": "/healthz", "Host": "10.0.0.1"}, 200),
    ],
)
def test_request_that_opens_no_stream_gets_its_response_at_once(events, requested, status):
    assert events.fetch(**requested) == status


def test_only_pages_of_this_site_may_read_the_stream_from_another_port(events, browser_of, alice):
    reported = [
        events.open(browser=browser_of(alice), Origin=origin).headers.get("Access-Control-Allow-Origin")
        for origin in (ORIGIN, "http://testserver", "https://elsewhere.example", "null")
    ]

    assert reported == [ORIGIN, None, None, None]


def test_a_member_has_eight_streams_at_most(events, browser_of, alice):
    browser = browser_of(alice)
    open_ones = [events.listen(browser) for _ in range(8)]

    assert events.fetch(browser=browser) == 429
    open_ones[0].response.close()
    until(lambda: events.fetch(browser=browser) == 200)


def test_member_opens_no_more_streams_per_minute_than_the_limit_with_several_sessions(
    events, browser_of, alice, bob
):
    browsers, opened = [browser_of(alice) for _ in range(3)], 0
    for _ in range(400):
        response = events.open(browser=browsers[opened % 3])
        opened += response.status == 200
        # Another reason for a refusal is that eight streams are still open.
        said = b"" if response.status == 200 else response.read()
        response.close()
        if b"too often" in said:
            break

    assert STREAMS_A_MINUTE <= opened <= STREAMS_A_MINUTE + 2  # The window of a minute slides.
    assert (response.status, int(response.headers["Retry-After"]) > 0) == (429, True)
    assert events.fetch(browser=browser_of(bob)) == 200


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

    assert listener.response.read() is not None  # Read to the end of the stream.
    assert events.fetch(browser=browser) == 401


def backends() -> set[int]:
    """Return the ids of the connections that processes of Bobbin have to the test database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND application_name = 'bobbin'"
        )
        return {pid for (pid,) in cursor.fetchall()}


@pytest.fixture
def new_events():
    """A process that has no connections yet."""
    started = Events(str(django_settings.CACHES["default"]["LOCATION"]))
    yield started
    started.end()


def test_streams_and_made_up_cookies_share_four_connections(browser_of, alice, bob, request):
    others = backends()  # Sites that earlier tests started still run, and have connections too.
    events = request.getfixturevalue("new_events")
    held = [events.listen(browser_of(user)) for user in (alice, bob) for _ in range(5)]
    cookies = [f"sessionid={number:032x}" for number in range(200)]
    with ThreadPoolExecutor(20) as threads:
        answers = [threads.submit(events.fetch, cookie=cookie) for cookie in cookies]
        opened = backends()
        while not all(answer.done() for answer in answers):
            opened |= backends()
    assert {answer.result() for answer in answers} == {401}

    assert 1 <= len(opened - others) <= 4
    assert events.fetch("/events/", browser_of(alice)) == 200
    assert len(held) == 10


def test_process_closes_its_streams_when_it_is_terminated(browser_of, alice):
    events = Events(str(django_settings.CACHES["default"]["LOCATION"]))
    listener = events.listen(browser_of(alice))
    events.process.send_signal(signal.SIGTERM)

    assert listener.next() is None
    assert events.process.wait(20) == 0


def test_streams_end_without_redis_and_return_with_it(browser_of, alice, bob, monkeypatch):
    """Only the process `events` uses this Redis. The tests keep their own cache."""
    with tempfile.TemporaryDirectory(prefix="events-", dir="/tmp") as folder:
        server = Server(Path(folder))
        server.start()
        events = Events(f"unix://{server.socket}?db=0")
        browser = browser_of(alice)
        listener = events.listen(browser)
        server.process.kill()
        server.process.wait()

        assert listener.next() is None
        assert events.fetch(browser=browser) == 503
        assert events.fetch("/healthz") == 200
        server.start()
        until(lambda: events.fetch("/readyz") == 200)
        again = events.listen(browser)
        server.client().publish(published.channel(alice.pk), json.dumps({"kind": "sync"}))
        assert again.next() == {"kind": "sync"}
        assert events.end() == 0
        server.process.kill()
        server.process.wait()


def test_event_that_could_not_be_published_is_replaced_by_sync(events, browser_of, alice, bob, monkeypatch):
    listener = events.listen(browser_of(bob))
    monkeypatch.setattr(RedisCache, "delete_and_publish", lambda *args: None)
    Message.objects.create(sender=alice, receiver=bob, content="While Redis was away")
    monkeypatch.undo()

    assert listener.next() == {"kind": "sync"}


def test_web_process_refuses_the_stream_at_once(client, db):
    response = client.get("/events/")

    assert response.status_code == 421
    assert "events" in response.content.decode()


def test_malformed_events_are_ignored(events, browser_of, alice, bob):
    listener = events.listen(browser_of(bob))
    for odd in ("not JSON", "[]", '{"thread":1}', "{}"):
        cache.delete_and_publish((), [published.channel(bob.pk), published.channel(published.ALL_USERS)], odd)
    sent = Message.objects.create(sender=alice, receiver=bob, content="Hello")

    assert listener.next()["message"] == sent.pk
