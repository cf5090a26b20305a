"""The texts of times on pages, in the current time zone. times.js replaces them with that of the browser."""

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from django.utils.dateformat import format as format_date
from django.utils.timezone import get_current_timezone
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
    """Texts of a time. Those that are read end with the abbreviation of the time zone."""

    iso: str  # In UTC.
    long: str  # To the second.
    text: str  # To the minute.
    clock: str
    day: str


def local(at: datetime, language: str | None = None, zone: tzinfo | None = None) -> Moment:
    """Return the texts of a time. The caller gives the current language and zone, if it has read them."""
    language = language or get_language()
    zone = zone or get_current_timezone()
    here, name = _in_zone(at, zone)
    day = _day(here.date(), language)
    minute, second = MINUTES[60 * here.hour + here.minute], SECONDS[here.second]
    clock = f"{minute} {name}"
    return Moment(
        f"{day.iso}T{minute}{second}Z" if zone is UTC else _iso(at, language),
        f"{day.long}, {minute}{second} {name}",
        f"{day.short}, {clock}",
        clock,
        day.with_weekday,
    )


def local_day(at: datetime) -> tuple[str, str]:
    """Return the ISO text of a time, and the text of its day."""
    language = get_language()
    here, name = _in_zone(at, get_current_timezone())
    return _iso(at, language), f"{_day(here.date(), language).long} ({name})"


def date_of(at: datetime, zone: tzinfo) -> date:
    return _moved(at, zone).date()


def _moved(at: datetime, zone: tzinfo) -> datetime:
    """Return a time in a zone. Within a day of the first and the last time that Python has, it is in UTC."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.astimezone(UTC)


def _in_zone(at: datetime, zone: tzinfo) -> tuple[datetime, str]:
    """Return a time in a zone, and the abbreviation of the zone then: "CET", or "UTC-03" if it has none."""
    here = _moved(at, zone)
    name = here.tzname() or ""
    return here, f"UTC{name}" if name.startswith(("+", "-")) else name


def _iso(at: datetime, language: str | None) -> str:
    """Return the text of a time in UTC for scripts. `isoformat` takes three times as long."""
    at = at.astimezone(UTC)
    return f"{_day(at.date(), language).iso}T{MINUTES[60 * at.hour + at.minute]}{SECONDS[at.second]}Z"


@lru_cache(maxsize=1_000)  # The messages of a page are of few days.
def _day(date: date, language: str | None) -> Day:
    """Return the texts of a day in the current language. The formats are those of the filter `date`."""
    return Day(
        date.isoformat(),
        format_date(date, gettext("j F Y")),
        format_date(date, gettext("j M Y")),
        format_date(date, gettext("l, j F Y")),
    )
