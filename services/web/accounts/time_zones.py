"""The time zone in which the server shows times: the one that a member has chosen, or else the site's."""

from contextlib import AbstractContextManager
from datetime import UTC, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from caching.generations import invalidate_users
from caching.transactions import on_commit

# The areas of the IANA database. Names without an area, and those such as US/Pacific, are of former times.
AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic Ocean"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}


@cache  # It reads hundreds of files.
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def zones_by_area() -> dict[str, dict[str, str]]:
    """Return the names of the zones of each area, each with its text: `{"Asia/Kolkata": "Kolkata"}`."""
    zones: dict[str, dict[str, str]] = {area: {} for area in AREAS}
    for name in sorted(known_zones()):
        area, _slash, place = name.partition("/")
        if area in zones:
            zones[area][name] = place.replace("_", " ")
    return zones


def zone_named(name: str) -> tzinfo:
    """Return the zone with this name, or that of the site for "" and for a name that is unknown by now."""
    site = settings.SITE_TIME_ZONE
    return _zone(name or site) or _zone(site) or UTC


@lru_cache(maxsize=1_000)  # ZoneInfo keeps eight zones, and reads a file for any other.
def _zone(name: str) -> tzinfo | None:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)  # A time of the database is already in `UTC`.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def in_zone_of(user: Any) -> AbstractContextManager[None]:
    """Return a context in which times are shown in the zone of this user."""
    return timezone.override(zone_named(user.time_zone))


class TimeZoneForm(forms.Form):
    time_zone = forms.CharField(required=False, max_length=64)

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name and name not in known_zones():
            raise forms.ValidationError(_("There is no such time zone. Choose one from the list."))
        return name

    @property
    def other(self) -> str:
        """Return the name of the chosen zone if `zones_by_area` does not have it, such as US/Pacific."""
        name: str = self["time_zone"].value()
        is_listed = any(name in zones for zones in zones_by_area().values())
        return name if name in known_zones() and not is_listed else ""


def choose_zone(user: User, name: str) -> None:
    """Set the zone of a user, and invalidate the pages that were stored with another one. One query."""
    # Not `save`, which fails if the account was erased meanwhile.
    User.objects.filter(pk=user.pk).update(time_zone=name)
    on_commit("default", invalidate_users, [user.pk])
