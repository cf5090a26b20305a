"""`flatten` compared with a simple recursive model, on trees that hypothesis generates."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.threads import flatten


class Row(NamedTuple):
    id: int
    parent_message_id: int | None


@st.composite
def threads(draw):
    """Draw rows, oldest first. A parent is an earlier row, a row that is missing here, or None."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 30))):
        earlier = [row.id for row in rows]
        missing = -1 - number
        rows.append(Row(number * 3 + 1, draw(st.sampled_from([None, missing, *earlier]))))
    return rows


def walk(rows, parent, depth):
    for row in rows:
        if row.parent_message_id == parent:
            yield row, depth
            yield from walk(rows, row.id, depth + 1)


def in_reading_order(rows):
    ids = {row.id for row in rows}
    for row in rows:
        if row.parent_message_id not in ids:
            yield row, 0
            yield from walk(rows, row.id, 1)


@given(threads())
def test_flatten_returns_the_order_of_the_recursive_model(rows):
    assert flatten(rows) == list(in_reading_order(rows))


@given(threads())
def test_every_row_is_shown_exactly_once(rows):
    assert sorted(row for row, _ in flatten(rows)) == rows


@given(threads(), st.data())
def test_flatten_below_a_row_returns_only_its_descendants(rows, data):
    below = data.draw(st.sampled_from([-1, *(row.id for row in rows)]))

    assert flatten(rows, below=below) == list(walk(rows, below, 1))


@given(threads(), st.data())
def test_flatten_below_a_row_needs_only_later_rows(rows, data):
    below = data.draw(st.sampled_from([0, *(row.id for row in rows)]))

    assert flatten([row for row in rows if row.id > below], below=below) == flatten(rows, below=below)


def test_an_empty_thread_is_empty():
    assert flatten([]) == []
    assert flatten([], below=1) == []


def test_a_later_page_shows_replies_to_earlier_pages_at_depth_0():
    assert flatten([Row(7, 3), Row(8, 7)]) == [(Row(7, 3), 0), (Row(8, 7), 1)]


def test_replies_come_after_their_parent_and_before_its_next_sibling():
    first, second, reply = Row(2, 1), Row(3, 1), Row(4, 2)

    assert [row for row, _ in flatten([Row(1, None), first, second, reply])] == [
        Row(1, None),
        first,
        reply,
        second,
    ]


def test_flatten_handles_a_chain_deeper_than_the_recursion_limit():
    rows = [Row(1, None), *(Row(number, number - 1) for number in range(2, 20_001))]

    assert [depth for _, depth in flatten(rows)] == list(range(20_000))


class Counted:
    """A row that counts how often its attributes are read."""

    reads = 0

    def __init__(self, pk, parent):
        self.pk, self.parent = pk, parent

    @property
    def id(self):
        Counted.reads += 1
        return self.pk

    @property
    def parent_message_id(self):
        Counted.reads += 1
        return self.parent


@pytest.mark.parametrize(
    "parent_of", [lambda n: n - 1, lambda n: 1, lambda n: n // 2], ids=["chain", "fan", "tree"]
)
@pytest.mark.parametrize("size", [100, 10_000])
def test_flatten_reads_each_row_a_constant_number_of_times(size, parent_of):
    rows = [Counted(1, None), *(Counted(n, parent_of(n)) for n in range(2, size))]
    Counted.reads = 0

    flatten(rows)

    assert Counted.reads <= 4 * size
