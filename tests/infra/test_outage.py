"""Redis freezes under a running stack while members read and write: nobody notices more than a moment."""

import signal
import threading
import time

import pytest
from bobbin_verify.member import Member

pytestmark = pytest.mark.xdist_group("stack")
BACK_WITHIN = 10


class Visitor(threading.Thread):
    """A member who looks at the inbox all the time, until told to stop."""

    def __init__(self, member: Member) -> None:
        super().__init__(daemon=True)
        self.member, self.wrong, self.looks = member, [], 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            page = self.member.look("/chats/")
            self.looks += 1
            if page.status != 200 or self.member.name not in page.body:
                self.wrong.append(str(page))

    def stop(self) -> None:
        self.over.set()
        self.join(30)


def test_redis_freezes_and_comes_back(checkout):
    stack = checkout.run()
    base = f"http://127.0.0.1:{checkout.port}"
    alice, bob = Member(base, "alice"), Member(base, "bob")
    for member in (alice, bob):
        member.sign_up()
    visitors = [Visitor(member) for member in (alice, bob) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    valkey = next(server for server in stack.servers() if server.name() == "valkey-server")

    valkey.send_signal(signal.SIGSTOP)
    try:
        for number in range(10):
            sent = alice.submit("/chats/new/", to="bob", content=f"number {number}")
            assert sent.status == 302
            for member in (alice, bob):
                assert f"number {number}" in member.get("/chats/").body
    finally:
        valkey.send_signal(signal.SIGCONT)

    began = time.monotonic()
    # Both workers, whichever answers.
    hits = 0
    while hits < 10:
        page = bob.get("/chats/")
        assert "number 9" in page.body
        hits = hits + 1 if page.headers["X-Cache"] == "hit" else 0
        assert time.monotonic() - began < BACK_WITHIN
    for visitor in visitors:
        visitor.stop()
        assert visitor.wrong == []
        assert visitor.looks > 10
