"""Search among a member's own messages, by PostgreSQL's full text.

The index of migration 0003 holds of each message its words, and its two people as `@id`: so what is found are
the member's messages with these words, and no other message is looked at. (No word that is searched for can
be an `@id`: the parser of texts makes none.) Words are taken as they are written, whatever the language.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from django.core.exceptions import ValidationError

from accounts import names
from messaging.inbox import execute

MOST_RANKED = 1_000  # The latest that match; earlier ones are not shown.
LONGEST = 200  # Characters of what is searched for.
ME = "me"
# Around a word that was found. No text can hold them: they are taken out of it first.
BEGIN, END = "\x02", "\x03"

# The member of a name, as UserQuerySet.named finds it: by its key; by its spelling among those of one key.
NAMED = """
SELECT id FROM accounts_user u WHERE name_key = %({name}_key)s AND (username = %({name})s OR NOT EXISTS (
  SELECT FROM accounts_user other WHERE other.name_key = u.name_key AND other.id <> u.id))
"""
SEARCH = f"""
WITH asked AS MATERIALIZED (
  SELECT websearch_to_tsquery('simple', %(words)s) AS words,
    ({NAMED.format(name="sender")}) AS sender,
    ({NAMED.format(name="receiver")}) AS receiver
), found AS MATERIALIZED (
  SELECT m.id, m.sender_id, m.receiver_id, m.timestamp FROM messaging_message m
  WHERE to_tsvector('simple'::regconfig, m.content)
      || array_to_tsvector(ARRAY['@' || m.sender_id, '@' || m.receiver_id])
    @@ (%(mine)s::tsquery && (SELECT words FROM asked))
), latest AS MATERIALIZED (
  SELECT id FROM found, asked
  WHERE %(user)s IN (sender_id, receiver_id)
    AND (%(sender)s::text IS NULL OR sender_id = asked.sender)
    AND (%(receiver)s::text IS NULL OR receiver_id = asked.receiver)
    AND (%(after)s::timestamptz IS NULL OR timestamp >= %(after)s)
    AND (%(before)s::timestamptz IS NULL OR timestamp < %(before)s)
  ORDER BY id DESC LIMIT %(most)s
), page AS MATERIALIZED (
  SELECT * FROM (
    SELECT m.id, m.content, m.timestamp, m.sender_id, m.receiver_id,
      ts_rank_cd(to_tsvector('simple'::regconfig, m.content), asked.words, 2)::float8 AS rank
    FROM latest JOIN messaging_message m USING (id), asked
  ) AS ranked
  WHERE %(last_rank)s::float8 IS NULL OR (rank, id) < (%(last_rank)s::float8, %(last_id)s::bigint)
  ORDER BY rank DESC, id DESC LIMIT %(size)s
)
SELECT p.id, p.timestamp, p.sender_id, s.username AS sender_name, r.username AS receiver_name, p.rank,
  ts_headline('simple', translate(p.content, %(marks)s, ''), asked.words, %(style)s) AS snippet
FROM page p JOIN accounts_user s ON s.id = p.sender_id JOIN accounts_user r ON r.id = p.receiver_id, asked
ORDER BY p.rank DESC, p.id DESC
"""  # noqa: S608  (no values in it)
STYLE = f"StartSel={BEGIN}, StopSel={END}, MaxWords=40, MinWords=20, ShortWord=0"


class Found(NamedTuple):
    """A message that matches; what matches in `snippet` stands between BEGIN and END."""

    id: int
    timestamp: datetime
    sender_id: int
    sender_name: str
    receiver_name: str
    rank: float
    snippet: str


@dataclass(frozen=True)
class Wanted:
    """What is searched for: words, as on the web (`"a phrase"`, `or`, `-without`), and filters."""

    words: str = ""
    sender: str | None = None
    receiver: str | None = None
    after: datetime | None = None
    before: datetime | None = None


def parse(text: str, me: str) -> Wanted:
    """Read `from:`, `to:`, `after:` and `before:` out of a search; `me` is the name that `me` stands for.

    `after:` and `before:` take a day, in UTC: from its beginning on, and until its beginning. Raises
    ValidationError.
    """
    if len(text) > LONGEST:
        raise ValidationError(f"Search for at most {LONGEST} characters; these are {len(text):,}.")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValidationError("There is a character in it that is not text.")
    filters: dict[str, str] = {}

    def take(found: re.Match) -> str:
        filters[found[1].lower()] = found[2]
        return " "

    # Within quotes it is a phrase.
    words = re.sub(
        r'"[^"]*"?|(?<!\S)(from|to|after|before):(\S+)',
        lambda found: take(found) if found[1] else found[0],
        text,
        flags=re.IGNORECASE,
    )
    return Wanted(
        words=words.strip(),
        sender=_name(filters.get("from"), me),
        receiver=_name(filters.get("to"), me),
        after=_day("after", filters.get("after")),
        before=_day("before", filters.get("before")),
    )


def search(user_id: int, wanted: Wanted, size: int, last: tuple[float, int] | None = None) -> list[Found]:
    """The best `size` of the member's messages that match, or those after `last` (rank, id): one query."""
    last_rank, last_id = last or (None, None)
    arguments = {
        "sender_key": key_of(wanted.sender), "receiver_key": key_of(wanted.receiver),
        "user": user_id, "mine": f"'@{user_id}'", "words": wanted.words, "sender": wanted.sender,
        "receiver": wanted.receiver, "after": wanted.after, "before": wanted.before, "most": MOST_RANKED,
        "last_rank": last_rank, "last_id": last_id, "size": size, "marks": BEGIN + END, "style": STYLE,
    }  # fmt: skip
    return [Found(*row) for row in execute("default", SEARCH, arguments)]


def key_of(name: str | None) -> str | None:
    return None if name is None else names.key(name)


def _name(given: str | None, me: str) -> str | None:
    return me if given is not None and given.lower() == ME else given


def _day(name: str, given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), time(), UTC)
    except ValueError:
        raise ValidationError(f"{name}: wants a day such as {name}:2026-03-31, not {given}.") from None
