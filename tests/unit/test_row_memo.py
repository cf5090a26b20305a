"""Rows that a process keeps: no other row comes back, and they are few and do not stay."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from chats.row_memo import RowMemo
from chats.rows import message_rows

AT = datetime(2026, 3, 7, 9, 5, 4, tzinfo=UTC)
MESSAGE = {
    "id": 7, "sender_id": 2, "content": "Good morning", "timestamp": AT, "read": True, "read_at": AT,
    "edited": False, "parent_message_id": 5, "thread": 3, "parent_excerpt": "Hello", "parent_sender_id": 1,
    "thread_replies": [1, 2**50],
}  # fmt: skip
PAGE = {
    "reader_id": 1, "counterpart": "bob", "nested": False, "in_thread": False, "can_reply": True,
    "for_reading": False, "reader_name": "alice",
}  # fmt: skip
OTHER = {
    "id": 8, "sender_id": 1, "content": "Good evening", "timestamp": AT + timedelta(seconds=1), "read": False,
    "edited": True, "parent_message_id": 6, "thread": 4, "parent_excerpt": "Bye", "parent_sender_id": 2,
    "thread_replies": [1, 2**50 + 2**40],
    "reader_id": 2, "counterpart": "alice", "nested": True, "in_thread": True,
    "can_reply": False, "for_reading": True,
}  # fmt: skip
Message = namedtuple("Message", MESSAGE)


def _page(memo=None, before=(), **different):
    """Return the last row of a page of some messages, of which the last one has different values."""
    values = MESSAGE | PAGE | different
    page = {name: values[name] for name in PAGE}
    last = Message(**{name: values[name] for name in MESSAGE})
    return message_rows([*before, last], **page, memo=memo)[-1]


def test_row_comes_from_the_memo():
    memo = RowMemo(2**20, 60)

    assert _page(memo) is _page(memo)
    assert _page(memo) == _page()


@pytest.mark.parametrize("name", OTHER)
def test_row_that_differs_in_one_value_is_another_row(name):
    memo, different = RowMemo(2**20, 60), {name: OTHER[name]}
    _page(memo)

    assert _page() != _page(**different)
    assert _page(memo, **different) == _page(**different)


def test_row_depends_on_the_time_zone():
    memo, zones, rows = RowMemo(2**20, 60), ("Asia/Kolkata", "America/St_Johns", "UTC"), []
    for zone in zones * 2:
        with timezone.override(zone):
            rows.append(_page(memo))
            assert rows[-1] == _page()

    assert rows[:3] == rows[3:]
    assert len(set(rows)) == 3


def test_row_depends_on_the_place_of_its_parent():
    memo = RowMemo(2**20, 60)
    above = [Message(**MESSAGE | {"id": pk, "parent_message_id": pk - 1 or None}) for pk in range(1, 9)]
    pages = [
        {},
        {"before": [above[4]]},
        {"before": [above[4]], "nested": True, "id": 20},
        {"before": above[:5], "nested": True, "id": 20},
        {"before": above, "nested": True, "id": 20, "parent_message_id": 8},
        {"before": above[:5], "in_thread": True, "id": 20},
        {"before": above[:6], "in_thread": True, "id": 20},
    ]
    rows = [_page(**page) for page in pages]

    assert len(set(rows)) == len(rows)
    assert [_page(memo, **page) for page in pages * 2] == rows * 2


def test_own_row_depends_on_the_name_of_its_author():
    memo, own = RowMemo(2**20, 60), {"sender_id": 1}
    _page(memo, **own)

    assert _page(memo, **own, reader_name="zoe") == _page(**own, reader_name="zoe") != _page(**own)


def test_own_row_depends_on_the_time_of_reading_and_on_later_ones():
    memo, own = RowMemo(2**20, 60), {"sender_id": 1}
    later = Message(**MESSAGE | own | {"id": 8})
    pages = [own, own | {"read_at": AT + timedelta(hours=1)}, own | {"read_at": None}]
    rows = [_page(**page) for page in pages]

    assert len(set(rows)) == len(rows)
    assert [_page(memo, **page) for page in pages * 2] == rows * 2
    alone, *_ = message_rows([Message(**MESSAGE | own), later], **PAGE, memo=memo)
    assert alone == rows[2]


def test_unread_message_with_a_time_of_reading_shows_none():
    """A release without the column marks as unread and leaves the time."""
    own, late = {"sender_id": 1}, AT + timedelta(hours=1)
    unread = Message(**MESSAGE | own | {"id": 8, "read": False, "read_at": late})
    first, last = message_rows([Message(**MESSAGE | own), unread], **PAGE)

    assert first == _page(**own)
    assert b'class="seen"' not in last.html


def test_row_depends_on_the_message_before_it():
    """It continues a group, begins one, is the first of its day, or the first that is new."""
    memo, before = RowMemo(2**20, 60), Message(**MESSAGE | {"id": 6, "timestamp": AT - timedelta(minutes=5)})
    pages = [
        {"before": [before]},
        {"before": [before._replace(sender_id=1)]},
        {"before": [before._replace(timestamp=AT - timedelta(days=1))]},
        {"before": [before], "read": False},
        {"before": [before._replace(read=False)], "read": False},
    ]
    rows = [_page(**page) for page in pages]

    assert len(set(rows)) == len(rows)
    assert [_page(memo, **page) for page in pages * 2] == rows * 2


def test_full_memo_is_emptied():
    memo = RowMemo(1_000, 60)
    for number in range(101):
        memo.add({number: "row"}, 10)

    assert [memo.get(number) for number in (0, 99, 100)] == [None, None, "row"]


def test_page_of_long_rows_is_not_kept():
    memo = RowMemo(1_000, 60)
    memo.add({1: "row"}, 101)

    assert memo.get(1) is None


def test_memo_is_emptied_after_its_time():
    memo = RowMemo(1_000, 0.01)
    memo.add({1: "row"}, 5)
    memo._timer.join()

    assert memo.get(1) is None
    assert memo._timer is None
