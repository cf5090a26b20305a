"""The texts of times on pages. times.js replaces them with the time zone and language of the browser."""

from calendar import day_name, month_name
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

# In English, because no code sets a locale.
MONTHS = list(month_name)
# A page has 50 times, and formatting the digits took half of the time for each.
MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
SECONDS = [f":{second:02}" for second in range(60)]


WEEKDAYS = list(day_name)


class Day(NamedTuple):
    iso: str
    long: str
    short: str
    with_weekday: str


class Moment(NamedTuple):
    """Texts of a time in UTC."""

    iso: str
    long: str  # To the second.
    text: str  # To the minute.
    clock: str
    day: str


def utc(at: datetime) -> Moment:
    """Return the texts of a time."""
    at = at.astimezone(UTC)
    day = _day(at.date())
    minute, second = MINUTES[60 * at.hour + at.minute], SECONDS[at.second]
    clock = f"{minute} UTC"
    return Moment(
        f"{day.iso}T{minute}{second}Z",
        f"{day.long}, {minute}{second} UTC",
        f"{day.short}, {clock}",
        clock,
        day.with_weekday,
    )


def utc_day(at: datetime) -> tuple[str, str]:
    """Return the ISO text of a time, and the text of its day in UTC."""
    return utc(at).iso, f"{_day(at.astimezone(UTC).date()).long} (UTC)"


@lru_cache(maxsize=1_000)  # The messages of a page are of few days.
def _day(date: date) -> Day:
    month = MONTHS[date.month]
    long = f"{date.day} {month} {date.year}"
    weekday = WEEKDAYS[date.weekday()]
    return Day(date.isoformat(), long, f"{date.day} {month[:3]} {date.year}", f"{weekday}, {long}")
