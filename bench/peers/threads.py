"""Threads in the tables of the peers, and how each package reads one with depths in reading order."""

from collections import Counter

from django.db import connection
from django.db.models import Prefetch, Value
from django.db.models import QuerySet as PlainQuerySet
from django_cte import CTE, with_cte

from bench.measure import Way
from bench.peers.models import MpMessage, MpttMessage, PlainMessage, TreeMessage
from messaging.threads import ThreadRow, flatten

ROW = ("id", "sender_id", "content", "timestamp", "read", "edited")
DEEPEST_PATH = 255 // MpMessage.steplen  # Limited by the length of the path column of treebeard.


def load(placed: list[tuple[ThreadRow, int]]) -> None:
    """Copy a thread of Bobbin with its ids into the table of each peer."""
    plain = [(row, _text(row)) for row, _ in placed]
    for model in (PlainMessage, TreeMessage):
        made = [model(parent_id=row.parent_message_id, **text) for row, text in plain]
        PlainQuerySet(model).bulk_create(sorted(made, key=lambda message: message.pk), batch_size=1000)
    ends = _nested_sets(placed)
    PlainQuerySet(MpttMessage).bulk_create(
        MpttMessage(
            parent_id=row.parent_message_id, level=depth, tree_id=placed[0][0].id,
            lft=ends[row.id][0], rght=ends[row.id][1], **_text(row),
        )
        for row, depth in sorted(placed, key=lambda pair: pair[0].id)
    )  # fmt: skip
    paths, children = _paths(placed), Counter(row.parent_message_id for row, _ in placed)
    PlainQuerySet(MpMessage).bulk_create(
        MpMessage(path=paths[row.id], depth=depth + 1, numchild=children[row.id], **_text(row))
        for row, depth in placed
    )
    with connection.cursor() as cursor:
        for model in (PlainMessage, TreeMessage, MpttMessage, MpMessage):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            cursor.execute(f"ANALYZE {table}")


def _text(row: ThreadRow) -> dict:
    return {name: getattr(row, name) for name in ROW}


def _nested_sets(placed: list[tuple[ThreadRow, int]]) -> dict[int, list[int]]:
    """Return the left and the right number of each message in the nested sets of mptt."""
    ends: dict[int, list[int]] = {}
    open_: list[int] = []
    number = 0
    for row, depth in placed:
        while len(open_) > depth:
            number += 1
            ends[open_.pop()][1] = number
        number += 1
        ends[row.id] = [number, 0]
        open_.append(row.id)
    while open_:
        number += 1
        ends[open_.pop()][1] = number
    return ends


def _paths(placed: list[tuple[ThreadRow, int]]) -> dict[int, str]:
    """Return the materialised path of each message. Roots are numbered after the existing ones."""
    steps: Counter[int | None] = Counter({None: MpMessage.objects.filter(depth=1).count()})
    paths: dict[int | None, str] = {None: ""}
    for row, depth in placed:
        steps[row.parent_message_id] += 1
        step = MpMessage._int2str(steps[row.parent_message_id])
        path = paths[row.parent_message_id] + step.rjust(MpMessage.steplen, MpMessage.alphabet[0])
        paths[row.id] = path
        assert depth + 1 == len(path) // MpMessage.steplen <= DEEPEST_PATH
    return paths  # type: ignore[return-value]  # None is only the parent of the roots.


def ways(root: int, deepest: int, content, *, naive: bool) -> list[Way]:
    """Return the ways that the peers document to read a whole tree below a node.

    Each is measured with model instances, as in its documents, and with rows, which is its fastest form.
    `content` converts `(row, depth)` for the comparison.
    """

    def one_by_one():
        def walk(message, depth):
            yield message, depth
            for reply in message.replies.order_by("pk"):
                yield from walk(reply, depth + 1)

        return list(walk(PlainMessage.objects.get(pk=root), 0))

    def by_prefetching():
        levels = [
            Prefetch("__".join(["replies"] * n), PlainMessage.objects.order_by("pk"))
            for n in range(1, deepest + 2)
        ]
        stack, found = [(PlainMessage.objects.prefetch_related(*levels).get(pk=root), 0)], []
        while stack:
            message, depth = pair = stack.pop()
            found.append(pair)
            stack += [(reply, depth + 1) for reply in reversed(message.replies.all())]
        return found

    def mptt():
        return MpttMessage.objects.get(pk=root).get_descendants(include_self=True)

    def treebeard():
        return MpMessage.objects.get_tree(MpMessage.objects.get(pk=root))

    def tree_queries():
        return TreeMessage.objects.with_tree_fields().descendants(root, include_self=True)

    def cte():
        def make(below):
            first = PlainMessage.objects.filter(pk=root).values("id", depth=Value(0))
            later = below.join(PlainMessage, parent=below.col.id).values("id", depth=below.col.depth + 1)
            return first.union(later, all=True)

        below = CTE.recursive(make)
        rows = with_cte(below, select=below.join(PlainMessage, id=below.col.id).order_by("pk"))
        return flatten(_Row(message, message.pk, message.parent_id) for message in rows)

    def cte_rows():
        names = [*ROW, "parent_id"]

        def make(below):
            first = PlainMessage.objects.filter(pk=root).values(*names)
            return first.union(below.join(PlainMessage, parent=below.col.id).values(*names), all=True)

        below = CTE.recursive(make)
        rows = with_cte(below, select=below.queryset().order_by("id").values_list(*names, named=True))
        return flatten(_Row(row, row.id, row.parent_id) for row in rows)

    def unwrapped(placed):
        return content([(row.message, depth) for row, depth in placed])

    def instances(name, fetch, depth, first=0):
        return Way(name, lambda: [(message, getattr(message, depth) - first) for message in fetch()], content)

    def rows(name, fetch, depth, first=0):
        def run():
            return [(row, row[-1] - first) for row in fetch().values_list(*ROW, depth, named=True)]

        return Way(f"{name}, rows", run, content)

    slow = [Way("naive, message by message", one_by_one, content)] if naive else []
    return [
        *slow,
        Way("prefetch_related, level by level", by_prefetching, content),
        instances("django-mptt", mptt, "level"),
        rows("django-mptt", mptt, "level"),
        instances("django-treebeard, materialised path", treebeard, "depth", 1),
        rows("django-treebeard, materialised path", treebeard, "depth", 1),
        instances("django-tree-queries", tree_queries, "tree_depth"),
        rows("django-tree-queries", tree_queries, "tree_depth"),
        Way("django-cte", cte, unwrapped),
        Way("django-cte, rows", cte_rows, unwrapped),
    ]


class _Row:
    """A message with the attribute names that `flatten` reads."""

    __slots__ = ("id", "message", "parent_message_id")

    def __init__(self, message, id_, parent_id):
        self.message, self.id, self.parent_message_id = message, id_, parent_id
