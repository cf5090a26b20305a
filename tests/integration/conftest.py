"""What the tests of several apps need: many messages, many people at the same moment, the truth by SQL."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

# Both inboxes of every conversation as they should be, against what is stored.
DRIFT = """
SELECT p.id, p.unread_count, p.last_message_id, t.unread, t.last
FROM messaging_participant p CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE m.receiver_id = p.user_id AND NOT m.read) AS unread, max(m.id) AS last
  FROM messaging_message m WHERE m.conversation_id = p.conversation_id
) AS t
WHERE p.unread_count <> t.unread OR p.last_message_id IS DISTINCT FROM t.last
"""


@pytest.fixture
def count_queries():
    """Call a function, and return how many queries it made."""

    def count(call, *args) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = call(*args)
            assert response.status_code in {200, 302, 409, 421, 422, 429}, response
        # BEGIN and COMMIT are no work of ours.
        return len(
            [q for q in queries if q["sql"].split()[0] not in {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"}]
        )

    return count


@pytest.fixture
def slopes(count_queries):
    """The pages that make another number of queries at 1, 10, 100 or 1,000 rows; none, when all is well.

    `add(n)` makes n rows more; `pages` has a function for each page, which gets it. What a look changes is
    undone: each size is looked at for the first time.
    """
    from chats.cache import forget_everything

    def measure(add, pages) -> dict[str, list[int]]:
        counts: dict[str, list[int]] = {page: [] for page in pages}
        for rows in (1, 9, 90, 900):
            add(rows)
            forget_everything()
            for page, look in pages.items():
                with transaction.atomic():
                    counts[page].append(count_queries(look))
                    transaction.set_rollback(True)
        return {page: made for page, made in counts.items() if len(set(made)) > 1}

    return measure


@pytest.fixture
def drift(db):
    """The sides of conversations whose counter or last message is wrong; none, when all is well."""

    def look():
        with connection.cursor() as cursor:
            cursor.execute(DRIFT)
            return cursor.fetchall()

    return look


@pytest.fixture
def at_once():
    """Call functions at the same moment, each on a connection of its own; return results or errors."""

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
    """Call `second` while `first` has not committed, which it does when `second` waits for it or is done."""

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
            while not outcomes[1].done() and not _somebody_waits():
                time.sleep(0.01)
            done.set()
        return [outcome.exception() for outcome in outcomes]

    return run


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() is not None


@pytest.fixture
def without():
    """Disconnect a receiver; the returned function, and the end of the test, connect it at its old place."""
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
