"""The counter audit, which compares unread counters with the number of unread messages.

The command `audit_counters` runs it. The command ends before Prometheus could read its metrics, so it stores
the result in Redis, and the workers show it.
"""

import random
import time
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max, Min

from caching.backend import cache
from messaging.inbox import recount
from messaging.models import Participant
from messaging.statements import execute, lock_conversations
from observability import metrics

SAMPLE = 500  # Number of participants per sample.
BATCH = 5_000  # Number of participants per statement, when all are compared.
TIMEOUT = "5s"  # Statement timeout of a sample.

# One statement, so that both numbers are from the same snapshot.
COMPARE = """
SELECT p.id, p.conversation_id, p.unread_count <> actual.unread
FROM messaging_participant p CROSS JOIN LATERAL (
  SELECT count(*) AS unread FROM messaging_message m
  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read
) AS actual
WHERE p.id >= %s ORDER BY p.id LIMIT %s
"""
RESULT_KEY = "counter_audit:result"  # Unix time, compared counters, wrong counters.


class Found(NamedTuple):
    """The result of an audit."""

    compared: int
    wrong: dict[int, int]  # The conversation of each participant with a wrong counter, by their ids.
    last: int | None  # The id of the last participant, None if there was none.


def audit(first: int, most: int = SAMPLE) -> Found:
    """Compare at most `most` counters, starting with the participant whose id is `first` or the next one."""
    rows = execute("default", COMPARE, [first, most])
    wrong = {pk: conversation_id for pk, conversation_id, is_wrong in rows if is_wrong}
    return Found(len(rows), wrong, rows[-1][0] if rows else None)


def audit_sample() -> Found:
    """Compare SAMPLE counters from a random id on, so that over time every counter is compared."""
    ends = Participant.objects.aggregate(low=Min("pk"), high=Max("pk"))
    if ends["low"] is None:
        return Found(0, {}, None)
    # The latest start still gives a full sample, which includes the last participant.
    highest = max(ends["low"], ends["high"] - SAMPLE + 1)
    with transaction.atomic():
        execute("default", f"SET LOCAL statement_timeout = '{TIMEOUT}'", None)
        return audit(random.randint(ends["low"], highest), SAMPLE)  # noqa: S311  (not a secret)


def repair(found: Found) -> None:
    """Recompute the counters that the audit found wrong."""
    with transaction.atomic():
        lock_conversations(found.wrong.values(), using="default")
        recount(found.wrong.values(), using="default")


def audit_all(*, is_repairing: bool = False) -> Found:
    """Compare all counters, in batches, and recompute the wrong ones if asked to."""
    compared, wrong, first = 0, dict[int, int](), 0
    while (found := audit(first, BATCH)).last is not None:
        if is_repairing and found.wrong:
            repair(found)
        compared, first = compared + found.compared, found.last + 1
        wrong |= found.wrong
    return Found(compared, wrong, None)


def publish(compared: int, wrong: int) -> None:
    """Store the result of an audit for `show_result`. Without Redis, the metrics keep the previous one."""
    cache.set(RESULT_KEY, [time.time(), compared, wrong], timeout=None)


@metrics.suppress_errors
def show_result() -> None:
    """Set the metrics of this process to the result of the last audit, if Redis has one."""
    match cache.peek(RESULT_KEY):
        case [float(ended_at), int(compared), int(wrong)]:
            metrics.AUDIT_TIMESTAMP.set(ended_at)
            metrics.AUDIT_SAMPLED.set(compared)
            metrics.AUDIT_WRONG.set(wrong)
