"""Whole threads, ready to render, and single pages of a thread."""

from collections import namedtuple
from functools import partial

from django.test import RequestFactory

from bench import raw
from bench.measure import Way, Workload
from bench.staging import Stage
from bench.targets import Target, at_most, faster_than, one_query
from chats.views.conversations import THREAD
from messaging.models import Message
from messaging.paging import PAGE_SIZE
from messaging.threads import flatten, read_thread

FIELDS = "id, parent_message_id, sender_id, content, timestamp, read, edited"
WHOLE = f"SELECT {FIELDS} FROM messaging_message WHERE thread = %s ORDER BY id"
PAGE = """
SELECT m.id, m.sender_id, m.content, m.timestamp, m.read, m.edited, m.parent_message_id, m.thread,
       left(p.content, 120), p.sender_id
FROM messaging_message m LEFT JOIN messaging_message p ON p.id = m.parent_message_id
WHERE m.thread = %s AND m.id >= %s ORDER BY m.id LIMIT 51
"""
TITLE_OF_1000 = "whole thread, 1,000 replies, ready to render"
named = partial(tuple.__new__, namedtuple("Row", FIELDS.split(", ")))
PageRow = namedtuple(
    "PageRow", "id sender_id content timestamp read edited parent_message_id thread excerpt parent_sender_id"
)


def workloads(stage: Stage) -> list[Workload]:
    short, long = stage.thread_of_1000, stage.thread_of_10000
    targets = at_most(1.3), faster_than("all others"), one_query()
    return [
        _beside_peers(whole(TITLE_OF_1000, short, 60, *targets), short),
        _beside_peers(whole("whole thread, 10,000 replies", long, 30, at_most(1.2), one_query()), long),
        page("page of 50 in that thread, the first", long, 0),
        page("page of 50 in that thread, the last", long, _last_page(long)),
    ]


def content(placed) -> list[tuple]:
    return [
        (row.id, depth, row.sender_id, row.content, row.timestamp, row.read, row.edited)
        for row, depth in placed
    ]


def whole(title: str, root: int, rounds: int = 60, *targets: Target) -> Workload:
    def by_hand():
        return flatten(map(named, raw.rows(WHOLE, [root])))

    ways = [Way("raw SQL", by_hand, content), Way("Bobbin", lambda: read_thread(root), content)]
    return Workload(title, ways, rounds, targets)


def _beside_peers(workload: Workload, root: int) -> Workload:
    from bench.peers import threads  # Import it here, since only one process installs their applications.

    placed = read_thread(root)
    threads.load(placed)
    deepest = max(depth for _, depth in placed)
    workload.ways += threads.ways(root, deepest, content, naive=len(placed) < 5_000)
    return workload


def page(title: str, root: int, start: int) -> Workload:
    request = RequestFactory().get("/", {"from": start or root})

    def by_hand():
        rows = [PageRow(*row) for row in raw.rows(PAGE, [root, start])]
        return flatten(rows[:PAGE_SIZE])

    def bobbin():
        return flatten(THREAD.window(root, request).rows)

    def texts(placed) -> list[tuple]:
        return [(row.id, depth, row.content) for row, depth in placed]

    ways = [Way("raw SQL", by_hand, texts), Way("Bobbin", bobbin, texts)]
    return Workload(title, ways, 100, [at_most(6)])


def _last_page(root: int) -> int:
    newest_first = Message.objects.in_thread(root).order_by("-pk").values_list("pk", flat=True)
    return newest_first[PAGE_SIZE - 1]
