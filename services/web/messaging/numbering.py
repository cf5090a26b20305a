"""Message ids, which are in the order of time (docs/decisions/0016).

An id is the number of milliseconds since 1970 times 1,024, plus a number below 1,024 that makes it unique. It
is less than 2**53 until the year 2248, so JavaScript represents it exactly. Sorting by id is sorting by time:
on pages, in the inbox, in threads, for pagination and for ranges that are marked as read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from django.utils import timezone

from messaging.message_fields import MessageFields
from messaging.statements import execute, is_violation_of

BITS = 10  # Number of bits of the unique part.
ID_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A message with an older timestamp is not live: its timestamp determines its place in the conversation.
LIVE = timedelta(seconds=10)
TRIES = 5

ENDS = """
SELECT p.conversation_id, p.last_message_id, m.timestamp, clock_timestamp()
FROM messaging_participant p LEFT JOIN messaging_message m ON m.id = p.last_message_id
WHERE p.conversation_id = ANY(%s) AND p.user_id < p.counterpart_id
"""
TAKEN = "SELECT id FROM messaging_message WHERE id = ANY(%s)"


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970, or 1 for an earlier time."""
    return max((moment - ID_EPOCH) // timedelta(milliseconds=1), 1)


def time_of_id(pk: int) -> datetime:
    """Return the time of which the id of a message is made, in milliseconds."""
    return ID_EPOCH + timedelta(milliseconds=pk >> BITS)


def time_of(message: MessageFields) -> datetime:
    """Return the timestamp as an aware datetime. Text is parsed; a naive time is in the zone of the site."""
    value = message._meta.get_field("timestamp").to_python(message.timestamp)
    if not isinstance(value, datetime):
        return timezone.now()  # An expression, which only PostgreSQL can evaluate.
    return timezone.make_aware(value) if timezone.is_naive(value) else value


def is_live(message: MessageFields) -> bool:
    """Return whether the message is written now, and so follows all others of its conversation."""
    return time_of(message) > timezone.now() - LIVE


def number(messages: Sequence[MessageFields], parents: Mapping[int, MessageFields], *, using: str) -> None:
    """Set the missing ids of messages according to their timestamps. Their conversations must be locked.

    A reply gets a greater id than its parent. Messages with equal times keep the order of the list.
    `parents` maps `id(reply)` to the parent.
    """
    new = [message for message in messages if message.pk is None]
    if not new:
        return
    wanted = _wanted(messages, parents, using)
    new.sort(key=lambda message: (wanted[id(message)], time_of(message)))
    given = {message.pk for message in messages if message.pk is not None}
    for message, pk in zip(new, _free([wanted[id(message)] for message in new], given, using), strict=True):
        message.pk = pk


def _wanted(
    messages: Sequence[MessageFields], parents: Mapping[int, MessageFields], using: str
) -> dict[int, int]:
    """Return the smallest id that each message may have, by `id(message)`."""
    conversations = list({message.conversation_id for message in messages})
    ends = {pk: end for pk, *end in execute(using, ENDS, [conversations])}
    wanted: dict[int, int] = {}
    for message in messages:
        wanted[id(message)] = message.pk or _by_time(time_of(message), *ends[message.conversation_id])
        parent = parents.get(id(message))
        if parent is not None and message.pk is None:
            after = wanted.get(id(parent)) or parent.pk
            wanted[id(message)] = max(wanted[id(message)], after + 1)
    return wanted


def _by_time(moment: datetime, last: int | None, last_time: datetime | None, now: datetime) -> int:
    """Return the id for a time, with its microseconds. A future time is replaced by the current time.

    `last` is the id of the last message of the conversation, or None if it has none. `now` is the time of
    PostgreSQL.
    """
    at = min(moment, now)
    pk = (milliseconds(at) << BITS) | at.microsecond % 1000
    if last is None or last_time is None or moment < last_time:
        return pk
    return max(pk, last + 1)  # The clocks of several servers differ, so the last id may be greater.


def _free(wanted: list[int], given: set[int], using: str) -> list[int]:
    """Return unused ids in ascending order, each at least as large as the wanted one."""
    step = 1
    while True:
        ids = list(accumulate(wanted, lambda last, least: max(least, last + 1)))
        taken = given.intersection(ids) | {pk for (pk,) in execute(using, TAKEN, [ids])}
        if not taken:
            return ids
        # The next ids may be taken as well, because many messages can have the same second.
        wanted = [pk + step if pk in taken else pk for pk in ids]
        step *= 2


def with_free_ids(messages: Sequence[MessageFields], write: Callable[[], None]) -> None:
    """Call `write`, and retry if another transaction has committed a message with one of the ids.

    `write` must be atomic. After an error, the messages have their original ids again.
    """
    chosen = [message.pk for message in messages]
    for left in reversed(range(TRIES)):
        try:
            write()
            return
        except BaseException as error:
            for message, pk in zip(messages, chosen, strict=True):
                message.pk = pk
            if not (left and None in chosen and is_violation_of("messaging_message_pkey", error)):
                raise
