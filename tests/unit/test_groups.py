"""Which messages of a conversation begin a group, a day or what is new: chats/groups.py."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from chats.groups import Place, places

AT = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
ALICE, BOB = 1, 2


def _places(*messages, zone=UTC):
    """Return the places on a page for Alice. A message is its sender, its time, and whether it was read."""
    rows = [
        SimpleNamespace(sender_id=sender, timestamp=at, read=read)
        for sender, at, read in ((*message, True)[:3] for message in messages)
    ]
    return list(places(rows, ALICE, zone))


def test_page_begins_with_a_day():
    assert _places((BOB, AT)) == [Place(is_day=True)]


@pytest.mark.parametrize(("seconds", "is_more"), [(0, True), (300, True), (301, False)])
def test_message_of_the_same_author_continues_a_group_for_five_minutes(seconds, is_more):
    assert _places((BOB, AT), (BOB, AT + timedelta(seconds=seconds)))[1] == Place(is_more=is_more)


def test_group_ends_with_a_message_of_the_other_author():
    assert _places((BOB, AT), (ALICE, AT), (BOB, AT))[1:] == [Place(), Place()]


def test_group_ends_at_midnight_in_utc():
    night = datetime(2026, 11, 23, 23, 59, tzinfo=UTC).astimezone(timezone(timedelta(hours=5)))

    assert _places((BOB, night), (BOB, night + timedelta(minutes=1)))[1] == Place(is_day=True)


@pytest.mark.parametrize(
    ("zone", "is_day"), [("Asia/Kolkata", True), ("America/St_Johns", False), ("UTC", False)]
)
def test_day_ends_at_midnight_of_the_zone(zone, is_day):
    evening = datetime(2026, 11, 23, 18, 29, tzinfo=UTC)
    places = _places((BOB, evening), (BOB, evening + timedelta(minutes=1)), zone=ZoneInfo(zone))

    assert places[1] == Place(is_day=is_day, is_more=not is_day)


def test_only_the_first_new_message_has_a_separator_and_ends_the_group():
    found = _places((BOB, AT), (BOB, AT, False), (BOB, AT, False), (BOB, AT, True))

    assert found[1:] == [Place(begins_new=True), Place(is_more=True), Place(is_more=True)]


def test_own_message_is_never_new():
    assert _places((BOB, AT), (ALICE, AT, False))[1] == Place()
