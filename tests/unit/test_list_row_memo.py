"""Rows of lists that a process keeps: no other row comes back."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from chats.list_rows import inbox_rows, thread_rows, unread_rows
from chats.row_memo import RowMemo

AT = datetime(2026, 3, 7, 9, 5, 4, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)
READER = 1
# For each kind of list: the values of a row, and another value for each.
INBOX = (
    {"conversation_id": 5, "counterpart_id": 2, "name": "bob", "last_message_id": 9, "sender_id": 2,
     "sent_at": AT, "excerpt": "Hello", "unread_count": 0},
    {"conversation_id": 6, "counterpart_id": 3, "name": "zoe", "last_message_id": 10, "sender_id": 1,
     "sent_at": LATER, "excerpt": "Bye", "unread_count": 2},
)  # fmt: skip
UNREAD = (
    {"id": 7, "conversation_id": 5, "name": "bob", "sender_id": 2, "timestamp": AT, "excerpt": "Hello"},
    {"id": 8, "conversation_id": 6, "name": "zoe", "sender_id": 3, "timestamp": LATER, "excerpt": "Bye"},
)  # fmt: skip
THREAD = (
    {"root_id": 7, "conversation_id": 5, "counterpart_id": 2, "name": "bob", "is_unread": False,
     "last_reply_id": 9, "replied_at": AT, "sender_id": 2, "excerpt": "Hello", "reply": "Yes"},
    {"root_id": 8, "conversation_id": 6, "counterpart_id": 3, "name": "zoe", "is_unread": True,
     "last_reply_id": 10, "replied_at": LATER, "sender_id": 1, "excerpt": "Bye", "reply": "No"},
)  # fmt: skip
LISTS = {
    "inbox": (lambda row, memo: inbox_rows([row], READER, memo=memo), *INBOX),
    "finder": (lambda row, memo: inbox_rows([row], READER, for_script=True, memo=memo), *INBOX),
    "unread": (lambda row, memo: unread_rows([row], memo=memo), *UNREAD),
    "threads": (lambda row, memo: thread_rows([row], READER, memo=memo), *THREAD),
}
CASES = [(kind, name) for kind, (_, _, other) in LISTS.items() for name in other]


@pytest.fixture
def memo():
    return RowMemo(2**20, 60)


def _row(kind, **different):
    values = LISTS[kind][1] | different
    return namedtuple("Row", values)(**values)


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_row_that_differs_in_one_value_is_another_row(memo, kind, name):
    make, _, other = LISTS[kind]
    rows = _row(kind), _row(kind, **{name: other[name]}), _row(kind)
    html = [make(row, None) for row in rows]

    assert [make(row, memo) for row in rows] == html
    assert [make(row, memo) for row in rows] == html


@pytest.mark.parametrize("kind", LISTS)
def test_row_that_is_kept_is_not_made_again(memo, kind):
    make, row = LISTS[kind][0], _row(kind)
    make(row, memo)
    [key] = memo._rows
    memo._rows[key] = row, "kept"

    assert make(row, memo) == "kept" != make(row, None)


def test_lists_have_rows_of_their_own(memo):
    """The inbox and the finder show the same conversations."""
    rows = [make(_row(kind), memo) for kind, (make, _, _) in LISTS.items()]

    assert len(set(rows)) == len(LISTS)
    assert rows == [make(_row(kind), None) for kind, (make, _, _) in LISTS.items()]


@pytest.mark.parametrize("kind", [kind for kind in LISTS if kind != "finder"])
def test_row_depends_on_the_language_and_the_time_zone(memo, kind):
    make, rows = LISTS[kind][0], []
    for language, zone in (("en", "UTC"), ("ar", "UTC"), ("en", "Asia/Kolkata"), ("en", "UTC")):
        with translation.override(language), timezone.override(zone):
            rows.append(make(_row(kind), memo))

    assert rows[0] == rows[3]
    assert len(set(rows)) == 3


@pytest.mark.parametrize(("kind", "make"), [("inbox", inbox_rows), ("threads", thread_rows)])
def test_row_depends_on_its_reader(memo, kind, make):
    row = _row(kind)
    sender, receiver = (make([row], reader, memo=memo) for reader in (row.sender_id, READER))

    assert "You:" in sender
    assert "You:" not in receiver
