"""A scenario of about 90 seconds with members, operators and failures: data for every panel."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.deployment.monitoring.live.crowd import Crowd
from tests.deployment.monitoring.live.monitored import ROOT, WORKERS, Monitored
from tests.support.http_client.browser import Browser
from tests.support.http_client.connection import fetch

SLOT = "a_replica_that_never_came"
HOSTILE = [
    ("GET", "/nothing/here/"),
    ("GET", "/chats/thread/999999999/"),
    ("PROPFIND", "/"),
    ("GET", "/%00"),
    ("POST", "/accounts/login/"),
]


def drive(stack: Monitored) -> tuple[float, float]:
    """Run the scenario; return its start and end, both while the members are active."""
    create_unused_slot()
    crowd = Crowd(stack.url)
    with crowd.busy(), crowd.listening(f"http://127.0.0.1:{stack.ports['events']}"):
        began = time.time()
        time.sleep(12)  # Normal operation.
        import_messages(stack)
        manage(stack, "check_cached_pages", "--url", stack.url)
        manage(stack, "audit_counters")
        for _ in range(4):
            go_wrong(stack)
            time.sleep(1)
        with redis_away(stack):
            time.sleep(8)
        time.sleep(5)
        with crowd.away():
            renew_a_worker(stack)
        crowd.leave_one()
        verify(stack)
        # Normal operation again. The sums of bad requests have a value at full minutes only.
        time.sleep(max(8, first_full_minute(began + 15) + 3 - time.time()))
        return began, time.time()


def first_full_minute(after: float) -> float:
    return math.ceil(after / 60) * 60


# --- Actions of operators ---
def manage(stack: Monitored, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT / "services/web",
        # Use the settings without the faulty views, since the privacy probe would request those too.
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
    for _ in range(2):  # The second import finds every message stored.
        manage(stack, "import_messages", str(path))


def create_unused_slot() -> None:
    """Create a replication slot without a replica, so that PostgreSQL retains its WAL."""
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
    while visitor.request("/accounts/login/").status != 200:
        assert time.monotonic() < until, "nobody answers"
        time.sleep(0.05)


def verify(stack: Monitored) -> None:
    """Check the six features with verify.py."""
    command = [sys.executable, "-m", "tests.e2e.verify", stack.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- Failures ---
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
        for _ in range(5):
            visitor.get(f"/wrong/{name}/", status=status)
    for method, path in HOSTILE:
        answer = fetch(f"http://127.0.0.1:{stack.ports['edge']}", method, path)
        assert 300 <= answer.status < 500, (method, path)


@contextmanager
def redis_away(stack: Monitored) -> Iterator[None]:
    stack.redis.stop()
    try:
        yield
    finally:
        stack.start_redis()
