"""Members who write and read continuously."""

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from threading import Event, Lock, Thread

from tests.support.http_client.connection import Connection
from tests.support.http_client.member import Member

NAMES = ("ada", "ben", "cyd", "dee", "eli", "fay")  # In pairs.
# Seconds between two actions of a member, before a random factor of 0.5 to 2: on a fast machine 72 sends and
# 24 edits a minute, within the limits of a member (LIMIT_SENDS, LIMIT_EDITS).
PAUSE = 0.2


class Crowd:
    """Pairs of members who write to each other and read, each in a separate browser and thread."""

    def __init__(self, url: str) -> None:
        run = secrets.token_hex(3)
        self.members = [Member(url, f"{name}-{run}") for name in NAMES]
        self.leaver = Member(url, f"gil-{run}")
        self.turns = [Lock() for _ in self.members]  # Held during an action of the member.
        self.ended = Event()
        self.errors: list[Exception] = []

    @contextmanager
    def busy(self) -> Iterator[None]:
        for member in [*self.members, self.leaver]:
            member.sign_up()
        threads = [
            Thread(target=self._live, args=[number, self.members[number ^ 1]], daemon=True)
            for number in range(len(self.members))
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join()
        if self.errors:
            raise ExceptionGroup("what members met", self.errors)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Pause all members while the block runs."""
        with ExitStack() as turns:
            for turn in self.turns:
                turns.enter_context(turn)
            yield

    @contextmanager
    def listening(self, events: str) -> Iterator[None]:
        """Keep an event stream of the first member open."""
        thread = Thread(target=self._listen, args=[self.members[0], events], daemon=True)
        thread.start()
        yield

    def _listen(self, member: Member, url: str) -> None:
        while not self.ended.is_set():
            # Without Redis the stream is refused or closed; reconnect, as browsers do.
            with suppress(OSError, HTTPException), Connection(url) as connection:
                stream = connection.open("GET", "/events/", {"Cookie": member.cookie})
                while not self.ended.is_set() and stream.readline():
                    pass
            self.ended.wait(1)

    def leave_one(self) -> None:
        """Let one member send a message and delete the account."""
        self.leaver.send(self.members[0], "I shall leave")
        self.leaver.get("/chats/query-lab/")
        self.leaver.delete_account()

    def _live(self, number: int, other: Member) -> None:
        me = self.members[number]
        chance = random.Random(me.name)
        try:
            root = last = me.send(other, "Good morning")
            while not self.ended.is_set():
                with self.turns[number]:
                    root, last = self._do_something(chance, me, other, root, last)
                time.sleep(PAUSE * chance.uniform(0.5, 2))
        except Exception as error:  # noqa: BLE001  The main thread raises it at the end.
            self.errors.append(error)

    def _do_something(
        self, chance: random.Random, me: Member, other: Member, root: int, last: int
    ) -> tuple[int, int]:
        reads: list[Callable[[], object]] = [
            me.inbox,
            me.inbox,
            me.inbox,
            me.unread,
            me.notifications,
            lambda: me.thread(root),
            lambda: me.conversation(other),
            lambda: me.history(last),
            lambda: me.get(f"/chats/people/?to={other.name[:2]}"),
            lambda: me.get("/chats/cache-test/"),
        ]
        match chance.randrange(10):
            case 0:
                root = last = me.send(other, f"The loom, part {chance.randrange(100)}")
            case 1 | 2:
                last = me.reply(last, "It did.")
            case 3:
                me.edit(last, f"It did, at {chance.randrange(1, 13)} o'clock {secrets.token_hex(2)}.")
            case _:
                chance.choice(reads)()
        return root, last
