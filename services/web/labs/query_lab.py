"""The query lab: fetches a thread naively, by prefetching and in one query, and compares the costs."""

import re
from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch

from accounts.models import User
from messaging.models import Message, Participant
from messaging.threads import read_thread
from observability.budgets import Tally

NAIVE_LIMIT = 200  # Messages fetched naively, with three queries each.
LEVELS = 20  # Levels of replies that prefetching names.
LARGEST = 5_000  # Messages in a thread: prefetching keeps an instance of each in memory.
# Naive: one for the root and three per message. Prefetching: one for the root and one per level. Then one.
MOST_QUERIES = (1 + 3 * NAIVE_LIMIT) + (1 + LEVELS) + 1


class Fetched(NamedTuple):
    """The values that each way must fetch for a message."""

    id: int
    sender: str
    receiver: str


class Way(NamedTuple):
    title: str
    how: str
    limit: str  # The reason why it may stop before the last message.
    fetch: Callable[[Message], list[Fetched]]


class Cost(NamedTuple):
    """The cost of a way: times in milliseconds, and SQL statements without values, each with its count."""

    way: Way
    fetched: list[Fetched]
    total: float
    database: float
    statements: list[tuple[str, int]]


def may_open(user: User) -> bool:
    """Return whether this user may open the query lab: staff, and in a demo all users."""
    return bool(settings.DEMO or user.is_staff)


def latest_thread(user: User) -> int | None:
    """Return the id of the first message of the thread that has the latest message of the user, or None."""
    sides = Participant.objects.filter(user=user, last_message__isnull=False).order_by("-last_message")
    return sides.values_list("last_message__thread", flat=True).first()


def naively(root: Message) -> list[Fetched]:
    """Fetch replies and names message by message: N+1 queries on purpose."""
    waiting = [Message.objects.get(pk=root.pk)]
    fetched: list[Fetched] = []
    while waiting and len(fetched) < NAIVE_LIMIT:
        message = waiting.pop()
        fetched.append(_fetched(message))
        waiting.extend(reversed(message.replies.order_by("pk")[:NAIVE_LIMIT]))
        del waiting[:-NAIVE_LIMIT]  # Messages that the limit would never reach.
    return fetched


def by_prefetching(root: Message) -> list[Fetched]:
    """Fetch one level per query, up to LEVELS: `prefetch_related("replies__replies__…")`."""
    people = Message.objects.with_people()
    levels = [Prefetch("__".join(["replies"] * n), people.order_by("pk")) for n in range(1, LEVELS + 1)]
    waiting = [(people.prefetch_related(*levels).get(pk=root.pk), 0)]
    fetched: list[Fetched] = []
    while waiting:
        message, depth = waiting.pop()
        fetched.append(_fetched(message))
        if depth < LEVELS:
            waiting.extend((reply, depth + 1) for reply in reversed(message.replies.all()))
    return fetched


def in_one_query(root: Message) -> list[Fetched]:
    """Fetch all messages in one query. The access check has loaded the two users with the root."""
    names = root.sender.username, root.receiver.username
    people = {root.sender_id: names, root.receiver_id: names[::-1]}
    return [Fetched(row.id, *people[row.sender_id]) for row, _ in read_thread(root.pk)]


WAYS = [
    Way(
        "Naively",
        "Ask each message for its replies, its sender and its receiver.",
        f"the lab fetches no more than {NAIVE_LIMIT} naively.",
        naively,
    ),
    Way(
        "By prefetching",
        "Name each level of replies beforehand: replies, replies__replies and so on.",
        f"it names {LEVELS} levels of replies, and this thread is deeper.",
        by_prefetching,
    ),
    Way(
        "In one query",
        "Ask for all that has this root, and nest it in Python. This is what Bobbin does, a page at a time.",
        "",
        in_one_query,
    ),
]


def compare(root: Message) -> list[Cost]:
    """Run each way and return the costs, in the order of WAYS. `root` has its two users loaded.

    The last way runs first, so it pays for the disk reads and the others find the pages in memory.
    """
    return [measure(way, root) for way in reversed(WAYS)][::-1]


def measure(way: Way, root: Message) -> Cost:
    tally, began = Tally(), perf_counter()
    with connection.execute_wrapper(tally):
        fetched = way.fetch(root)
    total = perf_counter() - began
    return Cost(way, fetched, total * 1000, tally.seconds * 1000, _shapes(tally.statements))


def _fetched(message: Message) -> Fetched:
    return Fetched(message.pk, message.sender.username, message.receiver.username)


def _shapes(made: Counter[str]) -> list[tuple[str, int]]:
    """Return the statements by shape, with their counts: those that differ only in values count as one."""
    shapes: Counter[str] = Counter()
    for sql, count in made.items():
        shapes[shape(sql)] += count
    return list(shapes.items())


def shape(sql: str) -> str:
    """Return a readable form of a statement: one line per clause, long lists shortened."""
    sql = re.sub(r"IN \(%s(, %s)*\)", "IN (…)", sql)
    sql = re.sub(r'(, "\w+"\."\w+"){4,}', lambda run: f", … {run[0].count('.')} more columns", sql)
    return re.sub(r" (FROM|INNER JOIN|LEFT OUTER JOIN|WHERE|ORDER BY|LIMIT) ", r"\n\1 ", sql).replace('"', "")
