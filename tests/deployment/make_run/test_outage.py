"""Redis freezes while members read and write: every request succeeds, and the cache recovers soon."""

import signal
import threading
import time

import pytest

from tests.support.http_client.member import Member

pytestmark = pytest.mark.xdist_group("stack")
BACK_WITHIN = 10


class Visitor(threading.Thread):
    """A member who requests the inbox continuously until `stop` is called."""

    def __init__(self, member: Member) -> None:
        super().__init__(daemon=True)
        self.member, self.wrong, self.requests = member, [], 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            page = self.member.request("/chats/")
            self.requests += 1
            if page.status != 200 or self.member.name not in page.body:
                self.wrong.append(str(page))

    def stop(self) -> None:
        self.over.set()
        self.join(30)


def test_all_requests_succeed_while_redis_is_frozen(shared_stack):
    base = f"http://127.0.0.1:{shared_stack.checkout.port}"
    alice, bob = Member(base, "alice-in-an-outage"), Member(base, "bob-in-an-outage")
    for member in (alice, bob):
        member.sign_up()
    visitors = [Visitor(member) for member in (alice, bob) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    valkey = next(server for server in shared_stack.servers() if server.name() == "valkey-server")

    valkey.send_signal(signal.SIGSTOP)
    try:
        for number in range(10):
            sent = alice.submit("/chats/new/", to=bob.name, content=f"number {number}")
            assert sent.status == 302
            for member in (alice, bob):
                assert f"number {number}" in member.get("/chats/").body
    finally:
        valkey.send_signal(signal.SIGCONT)

    began = time.monotonic()
    # Ten hits in a row, so that both workers use the cache again.
    hits = 0
    while hits < 10:
        page = bob.get("/chats/")
        assert "number 9" in page.body
        hits = hits + 1 if page.headers["X-Cache"] == "hit" else 0
        assert time.monotonic() - began < BACK_WITHIN
    for visitor in visitors:
        visitor.stop()
        assert visitor.wrong == []
        assert visitor.requests > 10
