"""The texts of times on pages. times.js replaces them with the time zone and language of the browser."""

from datetime import UTC, datetime
from typing import NamedTuple

# `strftime` would take longer than the rest of a row.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Time(NamedTuple):
    iso: str  # To the second, as short as HTML allows.
    title: str  # To the second.
    text: str  # To the minute.


def utc(at: datetime) -> Time:
    """Return the texts of a time in UTC."""
    at = at.astimezone(UTC)
    iso, month = _iso(at), MONTHS[at.month - 1]
    clock = iso[11:19]
    return Time(
        iso,
        f"{at.day} {month} {at.year}, {clock} UTC",
        f"{at.day} {month[:3]} {at.year}, {clock[:5]} UTC",
    )


def utc_day(at: datetime) -> tuple[str, str]:
    """Return the ISO text of a time, and the text of its day in UTC."""
    at = at.astimezone(UTC)
    return _iso(at), f"{at.day} {MONTHS[at.month - 1]} {at.year} (UTC)"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
