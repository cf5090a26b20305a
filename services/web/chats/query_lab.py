"""The query lab: one thread fetched naively, by prefetching and in one query, and what each way costs."""

import re
from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch

from messaging.excerpts import begin
from messaging.models import Message
from messaging.querysets import EXCERPT
from messaging.threads import read_thread

NAIVE_LIMIT = 200  # Messages that are fetched naively, three queries each.
LEVELS = 20  # Of replies, that prefetching names.
LARGEST = 5_000  # Messages of a thread: prefetching holds an instance of each.
# Naively the root and three a message, by prefetching the root and one a level, and then all at once.
MOST_QUERIES = (1 + 3 * NAIVE_LIMIT) + (1 + LEVELS) + 1

# What a member may look at: the largest of the threads in which somebody wrote lately. Bounded at any size of
# a mailbox: few conversations, of each the latest messages, by their indexes.
RECENT_THREADS = """
SELECT root.id, counterpart.username, left(root.content, 121), (
  SELECT count(*) FROM (SELECT FROM messaging_message WHERE thread = root.id LIMIT %(largest)s + 1) AS counted
) AS size
FROM (
  SELECT conversation_id, counterpart_id FROM messaging_participant
  WHERE user_id = %(user)s AND last_message_id IS NOT NULL ORDER BY last_message_id DESC LIMIT 5
) AS side
CROSS JOIN LATERAL (
  SELECT thread FROM messaging_message WHERE conversation_id = side.conversation_id ORDER BY id DESC LIMIT 200
) AS latest
JOIN messaging_message root ON root.id = latest.thread
JOIN accounts_user counterpart ON counterpart.id = side.counterpart_id
GROUP BY root.id, counterpart.username
ORDER BY count(*) DESC, root.id DESC LIMIT 6
"""


class RecentThread(NamedTuple):
    id: int
    counterpart: str
    excerpt: str
    size: int  # Messages; LARGEST + 1 when there are more.


class Fetched(NamedTuple):
    """What each way must find out about a message."""

    id: int
    sender: str
    receiver: str


class Way(NamedTuple):
    title: str
    how: str
    limit: str  # Why it may stop before the end.
    fetch: Callable[[Message], list[Fetched]]


class Cost(NamedTuple):
    """What a way took: times in milliseconds, statements without values, each with how often it was made."""

    way: Way
    fetched: list[Fetched]
    total: float
    database: float
    statements: list[tuple[str, int]]

    @property
    def queries(self) -> int:
        return sum(count for _, count in self.statements)


def may_open(user) -> bool:
    return settings.DEMO or user.is_staff


def recent_threads(user) -> list[RecentThread]:
    with connection.cursor() as cursor:
        cursor.execute(RECENT_THREADS, {"user": user.pk, "largest": LARGEST})
        threads = [RecentThread(*row) for row in cursor.fetchall()]
    return [thread._replace(excerpt=begin(thread.excerpt, EXCERPT)) for thread in threads]


def naively(root: Message) -> list[Fetched]:
    """Replies and names, message by message: N+1 on purpose."""
    waiting = [Message.objects.get(pk=root.pk)]
    fetched: list[Fetched] = []
    while waiting and len(fetched) < NAIVE_LIMIT:
        message = waiting.pop()
        fetched.append(_fetched(message))
        waiting.extend(reversed(message.replies.order_by("pk")[:NAIVE_LIMIT]))
        del waiting[:-NAIVE_LIMIT]  # What would never have its turn.
    return fetched


def by_prefetching(root: Message) -> list[Fetched]:
    """One query a level, as far as the levels are named: `prefetch_related("replies__replies__…")`."""
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
    """Its two people are known: they came when access was checked."""
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
    """What each way costs, now. `root` has its people with it.

    The last goes first: it pays for reading from the disk what the others find in memory.
    """
    return [measure(way, root) for way in reversed(WAYS)][::-1]


def measure(way: Way, root: Message) -> Cost:
    made: Counter[str] = Counter()
    waited = 0.0

    def watch(execute, sql, params, many, context):
        nonlocal waited
        made[sql] += 1
        asked = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            waited += perf_counter() - asked

    started = perf_counter()
    with connection.execute_wrapper(watch):
        fetched = way.fetch(root)
    total = perf_counter() - started
    return Cost(way, fetched, total * 1000, waited * 1000, _shapes(made))


def _fetched(message: Message) -> Fetched:
    return Fetched(message.pk, message.sender.username, message.receiver.username)


def _shapes(made: Counter[str]) -> list[tuple[str, int]]:
    """Statements that differ in their values only, as one."""
    shapes: Counter[str] = Counter()
    for sql, count in made.items():
        shapes[shape(sql)] += count
    return list(shapes.items())


def shape(sql: str) -> str:
    """A statement as one reads it: a line a clause, long lists of columns and values shortened."""
    sql = re.sub(r"IN \(%s(, %s)*\)", "IN (…)", sql)
    sql = re.sub(r'(, "\w+"\."\w+"){4,}', lambda run: f", … {run[0].count('.')} more columns", sql)
    return re.sub(r" (FROM|INNER JOIN|LEFT OUTER JOIN|WHERE|ORDER BY|LIMIT) ", r"\n\1 ", sql).replace('"', "")
