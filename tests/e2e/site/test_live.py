"""Live updates through nginx arrive at once, and only for the two participants."""

import json

import pytest

from tests.e2e.site.address import BASE_URL, fetch
from tests.support.http_client.connection import Connection

pytestmark = pytest.mark.nginx
SECONDS = 10


class Listener:
    """An open stream of a member."""

    def __init__(self, member):
        self.connection = Connection(BASE_URL, SECONDS)
        headers = {"Cookie": member.cookie, "Accept-Encoding": "gzip"}
        self.response = self.connection.open("GET", "/events/", headers)
        assert self.response.status == 200, self.response.read()

    def next_data(self) -> dict:
        """Return the data of the next event; skip heartbeats."""
        while True:
            line = self.response.readline().decode()
            assert line, "the stream has ended"
            if line.startswith("data:"):
                return json.loads(line.removeprefix("data:"))


@pytest.fixture
def listen():
    opened = []

    def open_stream(member):
        opened.append(Listener(member))
        return opened[-1]

    yield open_stream
    for listener in opened:
        listener.connection.close()


def test_bob_receives_an_event_for_a_message_at_once(alice, bob, listen):
    bobs = listen(bob)

    alice.send(bob, "Can you hear me?")

    assert bobs.next_data()
    assert bobs.response.headers["Content-Type"].startswith("text/event-stream")
    assert bobs.response.headers["Content-Encoding"] is None


def test_charlie_receives_no_event_for_a_message_of_others(alice, bob, charlie, listen):
    charlies, bobs = listen(charlie), listen(bob)
    alice.send(bob, "Between the two of us")
    assert bobs.next_data()

    charlies.connection.line.sock.settimeout(2)
    with pytest.raises(TimeoutError):
        charlies.next_data()


def test_event_stream_without_a_session_returns_401():
    assert fetch("GET", "/events/").status == 401
