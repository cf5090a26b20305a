"""The filters of a search as separate values, for the fields of its page."""

from collections.abc import Iterator
from typing import NamedTuple

from accounts.names import key
from messaging.search.parse import FILTERS, PART, PEOPLE, Wanted, parse, value_of

SENT, RECEIVED = "sent", "received"


class Fields(NamedTuple):
    person: str = ""  # Name of the counterpart.
    way: str = ""  # SENT or RECEIVED; empty for both.
    after: str = ""  # Days, as YYYY-MM-DD.
    before: str = ""

    def filters(self, me: str) -> Iterator[tuple[str, str]]:
        """Yield the name and the value of each filter that the fields mean for the user called `me`."""
        given = {"with": self.person, "after": self.after, "before": self.before}
        yield from ((name, value) for name, value in given.items() if value)
        if self.way in {SENT, RECEIVED}:
            yield ("from" if self.way == SENT else "to"), me


def read(text: str, me: str, fields: Fields) -> tuple[Wanted, str, Fields]:
    """Parse a search, and return it with the text and the fields that its page shows.

    A filter in the text replaces the same field. The page then shows it in the field, and the text without
    it. If the fields cannot show all filters, such as two names, all of them stay in the text. Raise
    ValidationError.
    """
    moved = _moved(text, me, parse(text, me))
    if moved is not None:
        text, fields = moved[0], fields._replace(**moved[1])
    wanted = parse(text, me, fields.filters(me))
    return wanted, text, fields._replace(**_days(wanted, fields._asdict()))


def _moved(text: str, me: str, typed: Wanted) -> tuple[str, dict[str, str]] | None:
    """Return the text without filters, and their values as fields; None if the fields cannot show them."""
    parts = list(PART.finditer(text))
    given = [part for part in parts if (part["filter"] or "").lower() in FILTERS]
    values = {part["filter"].lower(): value_of(part, me) for part in given}
    # Beside a filter, `or` is no word.
    if not given or len(values) < len(given) or any(part[0].lower() == "or" for part in parts):
        return None
    people = _people({name: value for name, value in values.items() if name in PEOPLE}, me)
    if people is None:
        return None
    return " ".join(part[0] for part in parts if part not in given), people | _days(typed, values)


def _people(values: dict[str, str], me: str) -> dict[str, str] | None:
    """Return the fields for the values of `from`, `to` and `with`; None if there are none."""
    own = {name for name, value in values.items() if key(value) == key(me)}
    others = {key(value): value for name, value in values.items() if name not in own}
    ways = {SENT if (name == "from") == (name in own) else RECEIVED for name in values if name != "with"}
    if "with" in own or len(others) > 1 or len(ways) > 1:
        return None
    found = {"person": "".join(others.values()), "way": "".join(ways)}
    return {name: value for name, value in found.items() if value}


def _days(wanted: Wanted, given: dict[str, str]) -> dict[str, str]:
    """Return the given days in the form of a date field."""
    days = {"after": wanted.after, "before": wanted.before}
    return {name: day.date().isoformat() for name, day in days.items() if day and given.get(name)}
