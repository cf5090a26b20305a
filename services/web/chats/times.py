"""The texts of times on pages. times.js replaces them with the time zone of the browser."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, gettext

# A page has 50 times, and formatting the digits took half of the time for each.
MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
SECONDS = [f":{second:02}" for second in range(60)]


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


def utc(at: datetime, language: str | None = None) -> Moment:
    """Return the texts of a time. `language` is the current language, if the caller has read it."""
    at = at.astimezone(UTC)
    day = _day(at.date(), language or get_language())
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
    return utc(at).iso, f"{_day(at.astimezone(UTC).date(), get_language()).long} (UTC)"


@lru_cache(maxsize=1_000)  # The messages of a page are of few days.
def _day(date: date, language: str | None) -> Day:
    """Return the texts of a day in the current language. The formats are those of the filter `date`."""
    return Day(
        date.isoformat(),
        format_date(date, gettext("j F Y")),
        format_date(date, gettext("j M Y")),
        format_date(date, gettext("l, j F Y")),
    )
