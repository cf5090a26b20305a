"""Search in a user's own messages, in every script and locale (docs/decisions/0019-search.md).

The index of migration 0005 contains the keys of each message (query.keys) and its two users as `@id`. It
returns candidates among the messages of the user. Patterns then compare their texts. PostgreSQL cancels the
search after SECONDS.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.names import key as name_key
from messaging.search.parse import PEOPLE, Wanted, parse
from messaging.search.query import markers, needles, patterns, tsquery
from messaging.search.snippets import Piece, rank, snippet
from messaging.statements import USERS, execute

__all__ = ["MOST_FOUND", "MOST_RANKED", "Found", "Results", "Wanted", "parse", "search"]

MOST_FOUND = 1_000  # Limit for the order by time. Earlier matches need `before:`.
MOST_RANKED = 200  # Limit for the order by rank: only the latest matches are ranked.
SECONDS = 2

# The timeout applies to the transaction only, because a pooler reuses the connection. Users are found as in
# UserQuerySet.named: by the key of the name, or by the exact spelling if several users share the key.
PREPARE = f"""
SELECT set_config('statement_timeout', %(milliseconds)s::text, true),
  ARRAY(SELECT (
          SELECT id FROM {USERS} u WHERE name_key = given.key AND (username = given.name OR NOT EXISTS (
          SELECT FROM {USERS} other WHERE other.name_key = u.name_key AND other.id <> u.id)))
        FROM unnest(%(names)s::text[], %(name_keys)s::text[]) WITH ORDINALITY AS given (name, key, place)
        ORDER BY place),
  ARRAY(SELECT messaging_search_text(term)
        FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS given (term, place) ORDER BY place),
  ARRAY(SELECT messaging_search_accented(term)
        FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS given (term, place) ORDER BY place)
"""  # noqa: S608  (the name of a table)
# `OFFSET 0` is an optimization fence: texts are compared one by one, latest first, until the page is full.
SEARCH = f"""
WITH found AS MATERIALIZED (
  SELECT id FROM messaging_message
  WHERE messaging_search_keys(content, sender_id, receiver_id) @@ %(keys)s::tsquery
    AND %(user)s IN (sender_id, receiver_id)
    AND (%(after)s::timestamptz IS NULL OR timestamp >= %(after)s)
    AND (%(before)s::timestamptz IS NULL OR timestamp < %(before)s)
    AND (%(last_id)s::bigint IS NULL OR id < %(last_id)s)
    AND (%(senders)s::bigint[] IS NULL OR sender_id = ANY(%(senders)s))
    AND (%(receivers)s::bigint[] IS NULL OR receiver_id = ANY(%(receivers)s))
    AND (%(people)s::bigint[] IS NULL OR sender_id = ANY(%(people)s) OR receiver_id = ANY(%(people)s))
)
SELECT m.id, m.timestamp, m.sender_id, (SELECT username FROM {USERS} WHERE id = m.sender_id),
  (SELECT username FROM {USERS} WHERE id = m.receiver_id), m.content
FROM (SELECT id FROM found ORDER BY id DESC OFFSET 0) AS latest
CROSS JOIN LATERAL (
  SELECT one.*, CASE WHEN %(accents)s
    THEN messaging_search_text(content) || E'\\n' || messaging_search_accented(content)
    ELSE messaging_search_text(content) END COLLATE "C" AS folded
  FROM messaging_message one WHERE one.id = latest.id OFFSET 0
) AS m
WHERE m.folded ~ ALL(%(all_of)s::text[]) AND m.folded !~ ALL(%(none_of)s::text[])
ORDER BY latest.id DESC LIMIT %(size)s
"""  # noqa: S608

Prepared = tuple[dict[str, Any], dict[str, tuple[str, str]]]
Plain = Callable[[str], str]


class Found(NamedTuple):
    """A matching message. `place` is its sort key; the next page starts after `place` and the id."""

    id: int
    timestamp: datetime
    sender_id: int
    sender_name: str
    receiver_name: str
    snippet: list[Piece]
    place: float


class Results(NamedTuple):
    rows: list[Found]
    more: bool = False
    limited: bool = False  # Earlier matches may exist that this order does not show.
    unknown: list[str] = []  # Names in filters that no user has.


def search(
    user_id: int,
    wanted: Wanted,
    size: int,
    *,
    best: bool = False,
    last: tuple[float, int] | None = None,
    shown: int = 0,
    seconds: float | None = None,
    plain: Plain = str,
) -> Results:
    """Return a page of the user's matching messages, newest or best first, after `last` (place, id).

    `shown` is the number of results on earlier pages. `plain` returns the text of which a snippet is a part.
    The search makes two queries. Raise ValidationError if it takes longer than `seconds`, by default SECONDS.
    """
    if wanted.is_wordless:
        return Results([])
    try:
        with transaction.atomic():
            prepared = _prepare(wanted, SECONDS if seconds is None else seconds)
            return _search(user_id, wanted, prepared, size, best, last, shown, plain)
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise ValidationError(
                _(
                    "That search takes too long. Try fewer or longer words, or a shorter time with after: "
                    "and before:."
                )
            ) from error
        raise


def _search(
    user_id: int,
    wanted: Wanted,
    prepared: Prepared,
    size: int,
    best: bool,
    last: Any,
    shown: int,
    plain: Plain,
) -> Results:
    ids, folded = prepared
    unknown = [name for name, one in ids.items() if one is None]
    clauses = needles(wanted.all_of, folded, whole=False)
    excluded = needles([wanted.none_of], folded, whole=True)
    if unknown or (wanted.text and not clauses and not excluded):
        return Results([], unknown=unknown)
    senders, receivers, people = ([ids[name] for name in wanted.filters[which]] for which in PEOPLE)
    arguments = {
        "user": user_id, "keys": tsquery([[user_id], senders, receivers, people], clauses),
        "senders": senders or None, "receivers": receivers or None, "people": people or None,
        "after": wanted.after, "before": wanted.before,
        "accents": any(plain != accented for plain, accented in folded.values()),
        "all_of": patterns(clauses), "none_of": patterns(excluded),
    }  # fmt: skip
    marked = markers(clauses)
    if best:
        return _best(arguments, marked, size, last, plain)
    size = max(0, min(size, MOST_FOUND - shown))
    rows = execute("default", SEARCH, arguments | {"size": size + 1, "last_id": last and last[1]})
    page = [_found(row, marked, 0, plain) for row in rows[:size]]
    more = len(rows) > size
    return Results(page, more and shown + size < MOST_FOUND, more and shown + size >= MOST_FOUND)


def _prepare(wanted: Wanted, seconds: float) -> Prepared:
    """Set the statement timeout; return user ids by name, and terms folded without and with accents."""
    names = list(dict.fromkeys(name for which in PEOPLE for name in wanted.filters[which]))
    terms = [term.text for clause in (*wanted.all_of, wanted.none_of) for term in clause]
    arguments = {"milliseconds": int(seconds * 1000), "names": names, "terms": terms}
    arguments["name_keys"] = [name_key(name) for name in names]
    [(_, ids, plain, accented)] = execute("default", PREPARE, arguments)
    folded = zip(plain, accented, strict=True)
    return dict(zip(names, ids, strict=True)), dict(zip(terms, folded, strict=True))


def _best(
    arguments: dict[str, Any],
    marked: list[re.Pattern[str]],
    size: int,
    last: tuple[float, int] | None,
    plain: Plain,
) -> Results:
    rows = execute("default", SEARCH, arguments | {"size": MOST_RANKED + 1, "last_id": None})
    limited = len(rows) > MOST_RANKED
    ranked = sorted(((rank(row[5], marked), row[0], row) for row in rows[:MOST_RANKED]), reverse=True)
    below = [one for one in ranked if last is None or one[:2] < last]
    more = len(below) > size
    page = [_found(row, marked, place, plain) for place, _, row in below[:size]]
    return Results(page, more, limited and not more)


def _found(row: tuple[Any, ...], marked: list[re.Pattern[str]], place: float, plain: Plain) -> Found:
    return Found._make((*row[:5], snippet(plain(row[5]), marked), place))
