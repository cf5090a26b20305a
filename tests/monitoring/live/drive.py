"""What members, operators and misfortune do, in a minute and a half: something for every panel."""

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from threading import Event, Lock, Thread

import psycopg
from bobbin_verify.browser import Browser
from bobbin_verify.member import Member
from monitored import ROOT, WORKERS, Monitored

NAMES = ("ada", "ben", "cyd", "dee", "eli", "fay")  # In pairs.
PAUSE = 0.05  # Seconds of thought between two things that a member does.
SLOT = "a_replica_that_never_came"
HOSTILE = [
    ("GET", "/nothing/here/"),
    ("GET", "/chats/thread/999999999/"),
    ("PROPFIND", "/"),
    ("GET", "/%00"),
    ("POST", "/accounts/login/"),
]


def drive(stack: Monitored) -> None:
    keep_log_for_nobody()
    crowd = Crowd(stack.url)
    with crowd.busy():
        time.sleep(12)  # As it should be.
        import_messages(stack)
        manage(stack, "check_cached_pages", "--url", stack.url)
        time.sleep(3)
        for _ in range(4):
            go_wrong(stack)
            time.sleep(1)
        with redis_away(stack):
            time.sleep(8)
        time.sleep(8)
        with crowd.away():
            renew_a_worker(stack)
        crowd.leave_one()
        time.sleep(12)  # As it should be again.
    verify(stack)


class Crowd:
    """Pairs of members who write to each other and read, each in a browser and at a pace of its own."""

    def __init__(self, url: str) -> None:
        run = secrets.token_hex(3)
        self.members = [Member(url, f"{name}-{run}") for name in NAMES]
        self.leaver = Member(url, f"gil-{run}")
        self.turns = [Lock() for _ in self.members]  # Held while a member does something.
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
        """Nobody asks for anything while the block runs."""
        with ExitStack() as turns:
            for turn in self.turns:
                turns.enter_context(turn)
            yield

    def leave_one(self) -> None:
        """One member writes, and deletes the account."""
        self.leaver.send(self.members[0], "I shall leave")
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
        except Exception as error:  # noqa: BLE001  Told at the end, by the thread that can be heard.
            self.errors.append(error)

    def _do_something(
        self, chance: random.Random, me: Member, other: Member, root: int, last: int
    ) -> tuple[int, int]:
        looks: list[Callable[[], object]] = [
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
                chance.choice(looks)()
        return root, last


# --- What operators do ---
def manage(stack: Monitored, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT / "services/web",
        # The pages alone, without the views that do wrong: the canary would ask those too.
        env=stack.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def import_messages(stack: Monitored) -> None:
    when = "2004-12-25T03:42:00+00:00"
    lines = [
        {
            "id": n,
            "sender": "ines",
            "receiver": "jon",
            "content": f"Line {n}",
            "timestamp": when,
            "parent": None,
        }
        for n in range(1, 400)
    ]
    path = stack.folder / "conversations.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for _ in range(2):  # The second time everything is there already.
        manage(stack, "import_messages", str(path))


def keep_log_for_nobody() -> None:
    """PostgreSQL keeps its log for a replica that does not exist."""
    with psycopg.connect(
        host=os.environ["POSTGRES_HOST"], user="bobbin", dbname="bobbin", autocommit=True
    ) as connection:
        connection.execute("SELECT pg_create_physical_replication_slot(%s)", [SLOT])


def renew_a_worker(stack: Monitored) -> None:
    before = {worker.pid for worker in stack.gunicorn.children()}
    os.kill(min(before), signal.SIGTERM)
    until = time.monotonic() + 30
    while len(now := {worker.pid for worker in stack.gunicorn.children()}) < WORKERS or now == before:
        assert time.monotonic() < until, "no new worker"
        time.sleep(0.05)
    visitor = Browser(stack.url)
    while visitor.look("/accounts/login/").status != 200:
        assert time.monotonic() < until, "nobody answers"
        time.sleep(0.05)


def verify(stack: Monitored) -> None:
    """Each of the six features, looked at closely."""
    command = [sys.executable, str(ROOT / "tests/e2e/verify.py"), stack.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- What goes wrong ---
def go_wrong(stack: Monitored) -> None:
    wrongs = {
        "over_budget": 200,
        "row_by_row": 200,
        "slow": 200,
        "wrong_statement": 500,
        "failing_receiver": 500,
    }
    visitor = Browser(stack.url)
    for name, status in wrongs.items():
        for _ in range(4):
            visitor.get(f"/wrong/{name}/", status=status)
    for method, path in HOSTILE:
        connection = HTTPConnection("127.0.0.1", stack.ports["door"], timeout=10)
        connection.request(method, path)
        assert 300 <= connection.getresponse().status < 500, (method, path)
        connection.close()


@contextmanager
def redis_away(stack: Monitored) -> Iterator[None]:
    stack.redis.stop()
    try:
        yield
    finally:
        stack.redis.start()
