"""Browsers with open event streams, and a sender of messages to their members."""

import asyncio
import contextlib
import random
import threading
import time
from dataclasses import dataclass, field

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction

from accounts.models import User
from accounts.sessions import SessionStore
from messaging.models import Message
from tests.support.harmed_valkey import until

BACKEND = "accounts.backends.ModelBackend"
LAST_CHUNK = b"0\r\n"  # The connection stays open after the response.
AGAIN_SECONDS = (0.2, 1.0)  # Delay before a browser reconnects; real ones wait 1 to 4 seconds.


@dataclass
class Listener:
    """A browser that keeps a stream open, and reconnects when it ends."""

    user: User
    cookie: str
    last: int | None = None
    received: dict[int, float] = field(default_factory=dict)  # By message id: time of its first event.
    is_open: bool = False

    async def listen(self, port: int) -> None:
        while True:
            with contextlib.suppress(OSError):
                await self._stream(port)
            self.is_open = False
            await asyncio.sleep(random.uniform(*AGAIN_SECONDS))

    async def _stream(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            resume = "" if self.last is None else f"Last-Event-ID: {self.last}\r\n"
            writer.write(
                f"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n{resume}\r\n".encode()
            )
            if b" 200 " not in await reader.readline():
                return
            self.is_open = True
            while (line := await reader.readline()) not in {b"", LAST_CHUNK}:
                if line.startswith(b"id: "):
                    self.last = int(line[4:])
                elif line.startswith(b"data: ") and self.last:
                    self.received.setdefault(self.last, time.perf_counter())
        finally:
            writer.close()


class Crowd:
    """Listeners in an event loop in a separate thread."""

    def __init__(self, users: list[User]) -> None:
        cookies = {user.pk: _cookie(user) for user in set(users)}
        self.listeners = [Listener(user, cookies[user.pk]) for user in users]
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.tasks: list = []

    def come(self, port: int, count: int) -> None:
        chosen = self.listeners[:count]
        self.tasks = [asyncio.run_coroutine_threadsafe(one.listen(port), self.loop) for one in chosen]
        until(lambda: all(one.is_open for one in chosen), 60)

    def go(self) -> None:
        for task in self.tasks:
            task.cancel()
        time.sleep(1)  # Wait until `events` has detected the closed connections.
        for one in self.listeners:
            one.is_open = False


def _cookie(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"sessionid={session.session_key}"


class Sender:
    """Sends messages at a constant rate, and records the time of each commit.

    They go from one of the users to another, or to `receiver`, who is none of them.
    """

    def __init__(self, users: list[User], pace: int, receiver: User | None = None) -> None:
        self.users, self.pace, self.receiver = users, pace, receiver
        self.committed: dict[int, float] = {}
        self.receivers: dict[int, int] = {}

    def send(self, seconds: float) -> None:
        began = time.perf_counter()
        for number in range(int(seconds * self.pace)):
            time.sleep(max(0.0, began + number / self.pace - time.perf_counter()))
            sender, receiver = random.sample(self.users, 2)
            receiver = self.receiver or receiver
            at: list[float] = []
            with transaction.atomic():
                transaction.on_commit(lambda at=at: at.append(time.perf_counter()))
                sent = Message.objects.create(sender=sender, receiver=receiver, content="Is the loom free?")
            self.committed[sent.pk], self.receivers[sent.pk] = at[0], receiver.pk
