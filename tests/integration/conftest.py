"""Fixtures for several apps: query counts at several sizes, concurrent calls, and counters checked by SQL."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.support.audit import WRONG_THREADS

# Compare the stored counters of both participants with the messages of each conversation.
AUDIT_WRONG = """
SELECT p.id, p.unread_count, p.last_message_id, t.unread, t.last
FROM messaging_participant p CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE m.receiver_id = p.user_id AND NOT m.read) AS unread, max(m.id) AS last
  FROM messaging_message m WHERE m.conversation_id = p.conversation_id
) AS t
WHERE p.unread_count <> t.unread OR p.last_message_id IS DISTINCT FROM t.last
"""


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Hash passwords in little time and memory. Modules that need the real figures override this fixture."""
    from accounts.hashers import Argon2PasswordHasher

    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 8)
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)


@pytest.fixture
def count_queries():
    """Return a function that calls another and returns the number of its queries."""

    def count(call, *args) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = call(*args)
            assert response.status_code in {200, 302, 304, 409, 421, 422, 429}, response
        # The statements of transactions are not counted.
        return len(
            [q for q in queries if q["sql"].split()[0] not in {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"}]
        )

    return count


@pytest.fixture
def slopes(count_queries):
    """Return a function that measures pages at 1, 10, 100 and 1,000 rows.

    The slope is the number of queries that each row adds; it must be zero. The function returns the pages
    whose number of queries differs between sizes. An empty dict means that no page does.

    `add(n)` adds n rows, and each value of `pages` requests a page. The changes of each request are rolled
    back and nothing stays cached, so every page of every size is requested for the first time.
    """
    from caching.generations import invalidate_all

    def measure(add, pages) -> dict[str, list[int]]:
        counts: dict[str, list[int]] = {page: [] for page in pages}
        for rows in (1, 9, 90, 900):
            add(rows)
            for page, load in pages.items():
                invalidate_all()
                with transaction.atomic():
                    counts[page].append(count_queries(load))
                    transaction.set_rollback(True)
        return {page: made for page, made in counts.items() if len(set(made)) > 1}

    return measure


@pytest.fixture
def wrong_counters(db):
    """Return a function that returns the participants with a wrong counter or last message, and the threads.

    A thread is wrong if the list of threads has another last reply. An empty list means that all are correct.
    """

    def load():
        with connection.cursor() as cursor:
            cursor.execute(AUDIT_WRONG)
            participants = cursor.fetchall()
            cursor.execute(WRONG_THREADS)
            return participants + cursor.fetchall()

    return load


@pytest.fixture
def at_once():
    """Return a function that calls others at the same moment, each on a separate connection.

    It returns their results or exceptions.
    """

    def run(*calls):
        gate = threading.Barrier(len(calls), timeout=30)

        def one(call):
            try:
                connection.ensure_connection()
                gate.wait()
                return call()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            started = [pool.submit(one, call) for call in calls]
        return [answer.exception() or answer.result() for answer in started]

    return run


@pytest.fixture
def meanwhile():
    """Return a function that calls `second` while the transaction of `first` is open.

    The transaction commits as soon as `second` waits for it or has returned.
    """

    def run(first, second):
        begun, done = threading.Event(), threading.Event()

        def hold():
            try:
                with transaction.atomic():
                    first()
                    begun.set()
                    done.wait(10)
            finally:
                connection.close()

        def follow():
            try:
                second()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            outcomes = [pool.submit(hold)]
            assert begun.wait(10)
            outcomes.append(pool.submit(follow))
            while not outcomes[1].done() and not _is_waited_for():
                time.sleep(0.01)
            done.set()
        return [outcome.exception() for outcome in outcomes]

    return run


@pytest.fixture
def is_waited_for():
    """Return a function that returns whether a transaction waits for a lock."""
    return _is_waited_for


def _is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


@pytest.fixture
def without():
    """Return a function that disconnects a receiver.

    The function that it returns, or else the end of the test, reconnects the receiver at its old position.
    """
    undo = []

    def disconnect(signal, sender, uid):
        before = list(signal.receivers)

        def connect():
            with signal.lock:
                signal.receivers = before
                signal.sender_receivers_cache.clear()

        undo.append(connect)
        assert signal.disconnect(sender=sender, dispatch_uid=uid)
        return connect

    yield disconnect
    for connect in reversed(undo):
        connect()
