"""The texts of times on pages. times.js replaces them with the time zone and language of the browser."""

from calendar import month_name
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

# In English, because no code sets a locale.
MONTHS = list(month_name)
# A page has 50 times, and formatting the digits took half of the time for each.
MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
SECONDS = [f":{second:02}" for second in range(60)]


class Day(NamedTuple):
    iso: str
    long: str
    short: str


def utc(at: datetime) -> tuple[str, str, str]:
    """Return texts of a time in UTC: in ISO and in English to the second, in English to the minute."""
    at = at.astimezone(UTC)
    iso, long, short = _day(at.date())
    minute, second = MINUTES[60 * at.hour + at.minute], SECONDS[at.second]
    return f"{iso}T{minute}{second}Z", f"{long}, {minute}{second} UTC", f"{short}, {minute} UTC"


def utc_day(at: datetime) -> tuple[str, str]:
    """Return the ISO text of a time, and the text of its day in UTC."""
    return utc(at)[0], f"{_day(at.astimezone(UTC).date()).long} (UTC)"


@lru_cache(maxsize=1_000)  # The messages of a page are of few days.
def _day(date: date) -> Day:
    month = MONTHS[date.month]
    return Day(date.isoformat(), f"{date.day} {month} {date.year}", f"{date.day} {month[:3]} {date.year}")
