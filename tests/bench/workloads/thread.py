"""Threads: whole, ready to render, and a page of one."""

from collections import namedtuple
from functools import partial

import raw
from django.test import RequestFactory
from measure import Way, Workload
from peers import threads
from staging import Stage

from chats.pages import PAGE_SIZE, lines
from chats.views.reading import THREAD
from messaging.models import Message
from messaging.threads import nest, read_thread

FIELDS = "id, parent_message_id, sender_id, content, timestamp, read, edited"
WHOLE = f"SELECT {FIELDS} FROM messaging_message WHERE thread = %s ORDER BY id"
PAGE = """
SELECT m.id, m.sender_id, m.content, m.timestamp, m.read, m.edited, m.parent_message_id, m.thread,
       left(p.content, 120), p.sender_id
FROM messaging_message m LEFT JOIN messaging_message p ON p.id = m.parent_message_id
WHERE m.thread = %s AND m.id >= %s ORDER BY m.id LIMIT 51
"""
named = partial(tuple.__new__, namedtuple("Row", FIELDS.split(", ")))
PageRow = namedtuple(
    "PageRow", "id sender_id content timestamp read edited parent_message_id thread excerpt parent_sender_id"
)


def workloads(stage: Stage) -> list[Workload]:
    return [
        _whole("whole thread, 1,000 replies, ready to render", stage.thread_of_1000, 1.3, 60),
        _whole("whole thread, 10,000 replies", stage.thread_of_10000, 1.2, 15),
        _page("page of 50 in that thread, the first", stage.thread_of_10000, 0),
        _page(
            "page of 50 in that thread, the last", stage.thread_of_10000, _last_page(stage.thread_of_10000)
        ),
    ]


def _whole(title: str, root: int, at_most: float, rounds: int) -> Workload:
    def by_hand():
        return nest(map(named, raw.rows(WHOLE, [root])))

    def content(placed):
        return [(row.id, depth, row.sender_id, row.content, row.timestamp) for row, depth in placed]

    placed = read_thread(root)
    threads.load(placed)
    deepest = max(depth for _, depth in placed)
    ways = [
        Way("raw SQL", by_hand, content),
        Way("Bobbin", lambda: read_thread(root), content),
        *threads.ways(root, deepest, content, naive=len(placed) < 5_000),
    ]
    return Workload(title, ways, rounds, at_most)


def _page(title: str, root: int, start: int) -> Workload:
    request = RequestFactory().get("/", {"from": start} if start else {})
    reader = Message.objects.get(pk=root).receiver_id

    def by_hand():
        rows = [PageRow(*row) for row in raw.rows(PAGE, [root, start])]
        return nest(rows[:PAGE_SIZE])

    def ours():
        page = THREAD.window(root, request, newest=False)
        return lines(page.rows, reader, "counterpart", nested=True)

    ways = [
        Way("raw SQL", by_hand, lambda placed: [(row.id, depth, row.content) for row, depth in placed]),
        Way("Bobbin", ours, lambda found: [(line.row.id, line.depth, line.row.content) for line in found]),
    ]
    return Workload(title, ways, 100, 6)


def _last_page(root: int) -> int:
    newest_first = Message.objects.in_thread(root).order_by("-pk").values_list("pk", flat=True)
    return newest_first[PAGE_SIZE - 1]
