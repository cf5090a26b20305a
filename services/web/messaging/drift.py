"""Whether the unread counters are right: each says how many unread messages there are, and can be counted."""

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
from observability import metrics, slots

SAMPLE = 500  # Participants in one look.
MOST_SECONDS = 5  # That PostgreSQL may take for it.

# One statement, so that both numbers are of the same moment.
COMPARE = """
SELECT p.id, p.conversation_id, p.unread_count <> actual.unread
FROM messaging_participant p CROSS JOIN LATERAL (
  SELECT count(*) AS unread FROM messaging_message m
  WHERE m.conversation_id = p.conversation_id AND m.receiver_id = p.user_id AND NOT m.read
) AS actual
WHERE p.id >= %s ORDER BY p.id LIMIT %s
"""

log = logging.getLogger(__name__)


class Look(NamedTuple):
    """What was found at some participants."""

    sampled: int
    wrong: list[int]  # Ids of participants.
    conversations: list[int]  # Of those.
    last: int | None  # The id of the last one, None when there was none.


def look(first: int, most: int = SAMPLE) -> Look:
    """Compare at most `most` counters, of the participants from id `first` on."""
    rows = execute("default", COMPARE, [first, most])
    wrong = [(pk, conversation_id) for pk, conversation_id, is_wrong in rows if is_wrong]
    return Look(
        len(rows), [pk for pk, _ in wrong], [where for _, where in wrong], rows[-1][0] if rows else None
    )


def look_somewhere() -> Look:
    """Compare some counters from a random place on: in time every one, at the same small cost each time."""
    ends = Participant.objects.aggregate(low=Min("pk"), high=Max("pk"))
    if ends["low"] is None:
        return Look(0, [], [], None)
    # Few participants are looked at all; of many no place is left out, the last ones neither.
    highest = max(ends["low"], ends["high"] - SAMPLE + 1)
    with transaction.atomic():
        execute("default", f"SET LOCAL statement_timeout = '{MOST_SECONDS}s'", None)
        return look(random.randint(ends["low"], highest), SAMPLE)  # noqa: S311  (a place, no secret)


def repair(found: Look) -> None:
    """Count anew what was found wrong."""
    with transaction.atomic():
        lock(found.conversations, using="default")
        recount(found.conversations, using="default")


@metrics.harmless
def tell(sampled: int, wrong: int) -> None:
    metrics.DRIFT.set(wrong)
    metrics.DRIFT_SAMPLED.set(sampled)
    metrics.DRIFT_CHECKED.set(time.time())


def begin() -> None:
    """Look every now and then, in the background of one of the workers that share a folder of metrics."""
    if slots.taken() == "web0" and settings.UNREAD_CHECK_SECONDS:
        threading.Thread(target=_go_on, name="drift", daemon=True).start()


def _go_on() -> None:
    while True:
        try:
            found = look_somewhere()
            tell(found.sampled, len(found.wrong))
            if found.wrong:
                log.error("%d of %d unread counters are wrong", len(found.wrong), found.sampled)
        except Error as error:
            log.warning("the unread counters could not be compared: %s", str(error).partition("\n")[0])
        finally:
            connection.close()
        time.sleep(settings.UNREAD_CHECK_SECONDS)
