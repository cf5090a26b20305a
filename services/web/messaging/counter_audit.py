"""The counter audit, which compares unread counters with the number of unread messages."""

import logging
import random
import threading
import time
from typing import NamedTuple

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Max, Min

from messaging.inbox import execute, lock, recount
from messaging.models import Participant
from observability import metrics, worker_ids

SAMPLE = 500  # Number of participants per sample.
MOST_SECONDS = 5  # Statement timeout of a sample.

# One statement, so that both numbers are from the same snapshot.
COMPARE = """
SELECT p.id, p.conversation_id, p.unread_count <> actual.unread
FROM messaging_participant p CROSS JOIN LATERAL (
  SELECT count(*) AS unread FROM messaging_message m
  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read
) AS actual
WHERE p.id >= %s ORDER BY p.id LIMIT %s
"""

log = logging.getLogger(__name__)


class Sample(NamedTuple):
    """The result of an audit of some participants."""

    sampled: int
    wrong: list[int]  # Ids of participants with a wrong counter.
    conversations: list[int]  # Ids of their conversations.
    last: int | None  # The id of the last participant, None if there was none.


def audit(first: int, most: int = SAMPLE) -> Sample:
    """Compare at most `most` counters, starting with the participant whose id is `first` or the next one."""
    rows = execute("default", COMPARE, [first, most])
    wrong = [(pk, conversation_id) for pk, conversation_id, is_wrong in rows if is_wrong]
    return Sample(
        len(rows), [pk for pk, _ in wrong], [where for _, where in wrong], rows[-1][0] if rows else None
    )


def audit_sample() -> Sample:
    """Compare SAMPLE counters from a random id on, so that over time every counter is compared."""
    ends = Participant.objects.aggregate(low=Min("pk"), high=Max("pk"))
    if ends["low"] is None:
        return Sample(0, [], [], None)
    # The latest start still gives a full sample, which includes the last participant.
    highest = max(ends["low"], ends["high"] - SAMPLE + 1)
    with transaction.atomic():
        execute("default", f"SET LOCAL statement_timeout = '{MOST_SECONDS}s'", None)
        return audit(random.randint(ends["low"], highest), SAMPLE)  # noqa: S311  (not a secret)


def repair(found: Sample) -> None:
    """Recompute the counters that the audit found wrong."""
    with transaction.atomic():
        lock(found.conversations, using="default")
        recount(found.conversations, using="default")


@metrics.suppress_errors
def record(sampled: int, wrong: int) -> None:
    metrics.AUDIT_WRONG.set(wrong)
    metrics.AUDIT_SAMPLED.set(sampled)
    metrics.AUDIT_TIMESTAMP.set(time.time())


def begin() -> None:
    """Start a thread that audits a sample every UNREAD_CHECK_SECONDS seconds (0: never).

    Only the worker web0 does so, because all workers share the metrics of the audit.
    """
    if worker_ids.current() == "web0" and settings.UNREAD_CHECK_SECONDS:
        threading.Thread(target=_go_on, name="counter-audit", daemon=True).start()


def _go_on() -> None:
    while True:
        try:
            found = audit_sample()
            record(found.sampled, len(found.wrong))
            if found.wrong:
                log.error("%d of %d unread counters are wrong", len(found.wrong), found.sampled)
        except Error as error:
            log.warning("the unread counters could not be compared: %s", str(error).partition("\n")[0])
        finally:
            connection.close()
        time.sleep(settings.UNREAD_CHECK_SECONDS)
