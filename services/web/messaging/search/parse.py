# ruff: noqa: RUF001  # This module parses quotes and signs of many scripts.
"""Parser of the search field: words, phrases and filters."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, zip_longest

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.names import key as name_key
from messaging.content import NOT_TEXT, grouped
from messaging.search import letters

LONGEST = 200  # Characters of the search.
MOST_WORDS = 10  # Words and phrases.
ME = "me"
PEOPLE = ("from", "to", "with")
FILTERS = (*PEOPLE, "after", "before")
# Filters of other products. A user who types one does not search for the word.
UNKNOWN = (
    "about", "author", "bcc", "by", "cc", "channel", "chat", "conversation", "date", "during", "has", "in",
    "is", "label", "mentions", "newer", "newer_than", "older", "older_than", "on", "receiver", "recipient",
    "sender", "since", "subject", "tag", "thread", "until", "user",
)  # fmt: skip
# Opening quotes, and the quotes that may close them.
QUOTES = {
    '"': '"“”', "“": '”"“', "”": '”"“', "„": '“”"', "‟": '”"', "«": '»"', "»": '«»"', "「": "」", "『": "』",
    "｢": "｣", "＂": '＂"', "〝": "〞〟", "❝": '❞"', "‹": "›", "›": "‹›",
}  # fmt: skip
_quoted = "|".join(f"{opening}[^{closing}]*[{closing}]?" for opening, closing in QUOTES.items())
# Parsing takes linear time: each part begins at the end of the previous one and is read once.
PART = re.compile(
    rf"(?P<not>[-−－](?![-−－]))?(?:(?P<filter>(?ai:{'|'.join(FILTERS + UNKNOWN)}))[:：](?!//)(?P<blank>\s*)"
    rf"(?:(?P<quoted_value>{_quoted})|(?P<value>\S*))|(?P<quoted>{_quoted})|(?P<word>\S+))"
)
DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
DAYS = {"today": 0, "yesterday": 1}


@dataclass(frozen=True)
class Term:
    """A word or a phrase, as typed. A phrase matches whole words; a word also matches parts of words."""

    text: str
    phrase: bool = False


@dataclass
class Wanted:
    """A parsed search: filters, and terms of the text.

    One term of each tuple in `all_of` must match, and no term of `none_of`. `text` is true if the search has
    more than filters; punctuation alone is text without words. `filters` contains the given values.
    """

    all_of: list[tuple[Term, ...]] = field(default_factory=list)
    none_of: list[Term] = field(default_factory=list)
    filters: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    text: bool = False
    after: datetime | None = None
    before: datetime | None = None
    alternative: bool = False  # While parsing: the next word is an alternative to the last one.

    @property
    def is_wordless(self) -> bool:
        """Return whether there is text, but no word to search for."""
        return self.text and not (self.all_of or self.none_of)

    def add(self, term: Term, *, excluded: bool) -> None:
        self.text = True
        if not letters.words(letters.fold(term.text)):
            return
        if excluded:
            self.none_of.append(term)
        elif self.alternative:
            self.all_of[-1] = (*self.all_of[-1], term)
        else:
            self.all_of.append((term,))
        self.alternative = False


def parse(text: str, me: str, given: Iterable[tuple[str, str]] = ()) -> Wanted:
    """Parse words, `"phrases"`, `or`, `-excluded` words and filters. Raise ValidationError.

    `given` are filters beside the text, each with its name and value (messaging.search.fields).

    The value `me` of a filter is replaced by the name `me`; in quotes (`from:"me"`), it is a user's name.
    `after:` and `before:` take a day in the current time zone: from its start on, and until its start. A
    filter that is given twice matches either user, or the shorter period.
    """
    if len(text) > LONGEST:
        values = {"number": grouped(len(text)), "most": LONGEST}
        raise ValidationError(_("Your search is too long (%(number)s of %(most)s characters).") % values)
    wanted = Wanted()
    for name, value in given:
        wanted.filters[name].append(value)
    if any(NOT_TEXT.search(one) for one in (text, *chain(*wanted.filters.values()))):
        raise ValidationError(_("That search contains a character that cannot be used."))
    parts = list(PART.finditer(text))  # Every non-blank character matches at least as a word.
    for part, following in zip_longest(parts, parts[1:]):
        _take(part, wanted, following, me)
    _check_number(wanted)
    wanted.after = max((_day("after", given) for given in wanted.filters["after"]), default=None)
    wanted.before = min((_day("before", given) for given in wanted.filters["before"]), default=None)
    return wanted


def _take(part: re.Match[str], wanted: Wanted, following: re.Match[str] | None, me: str) -> None:
    excluded = part["not"] is not None
    if part["filter"]:
        _take_filter(part, wanted, me)
    elif part["quoted"]:
        wanted.add(Term(_inner(part["quoted"]), phrase=True), excluded=excluded)
    elif part["word"].lower() == "or" and not excluded and following and (wanted.all_of or wanted.filters):
        # Beside a filter, `or` changes nothing: two names of a filter are alternatives anyway.
        wanted.alternative = bool(wanted.all_of) and (following["filter"] or "").lower() not in FILTERS
    else:
        wanted.add(Term(part["word"]), excluded=excluded)


def _take_filter(part: re.Match[str], wanted: Wanted, me: str) -> None:
    name, value = part["filter"].lower(), value_of(part, me)
    if name in UNKNOWN:
        if value and not part["blank"]:
            text = _(
                "There is no filter %(name)s: here. The filters are from:, to:, with:, after: and before:. "
                'Put it in quotes to search for the words: "%(name)s:%(value)s".'
            )
            raise ValidationError(text % {"name": name, "value": value})
        # `subject: warp` is text. Only `subject:warp` looks like a filter.
        wanted.add(Term(name), excluded=part["not"] is not None)
        if value:
            phrase = part["quoted_value"] is not None
            wanted.add(Term(value, phrase=phrase), excluded=False)
        return
    if part["not"]:
        raise ValidationError(_("-%(name)s: is not possible. Only words can be excluded.") % {"name": name})
    if not value:
        text = (
            _("%(name)s: needs a name, such as %(name)s:bob.")
            if name in PEOPLE
            else _("%(name)s: needs a day, such as %(name)s:2026-03-31.")
        )
        raise ValidationError(text % {"name": name})
    wanted.filters[name].append(value)


def value_of(part: re.Match[str], me: str) -> str:
    """Return the value of a filter, or an empty string. The word `me` without quotes is the name `me`."""
    if part["quoted_value"]:
        return _inner(part["quoted_value"]).strip()
    is_me = part["filter"].lower() in PEOPLE and name_key(part["value"]) == ME
    return me if is_me else part["value"]


def _check_number(wanted: Wanted) -> None:
    number = sum(map(len, wanted.all_of)) + len(wanted.none_of)
    names = sum(map(len, wanted.filters.values()))
    if number > MOST_WORDS:
        text = _(
            "Search for at most %(most)s words; these are %(number)s. Fewer are enough, or a phrase in "
            "quotes, which counts as one."
        )
        raise ValidationError(text % {"most": MOST_WORDS, "number": number})
    if names > MOST_WORDS:
        text = _("Use at most %(most)s filters; these are %(number)s.")
        raise ValidationError(text % {"most": MOST_WORDS, "number": names})


def _inner(quoted: str) -> str:
    closed = len(quoted) > 1 and quoted[-1] in QUOTES[quoted[0]]
    return quoted[1:-1] if closed else quoted[1:]


def _day(name: str, given: str) -> datetime:
    try:
        if given.lower() in DAYS:
            day = timezone.localdate() - timedelta(days=DAYS[given.lower()])
        else:
            found = DAY.fullmatch(given)
            day = date(*map(int, found.groups())) if found else date.fromisoformat(given)
        return datetime.combine(day, time(), timezone.get_current_timezone())
    except ValueError:
        text = _("Write dates as YYYY-MM-DD, e.g. %(name)s:2026-03-31, not %(given)s.")
        raise ValidationError(text % {"name": name, "given": given}) from None
