"""Search for people by a part of their name, in bounded work for a user with any number of conversations."""

from typing import NamedTuple

from accounts.names import SEPARATORS, SIGN, pattern_of
from messaging.reading import LATEST
from messaging.statements import USERS, execute

MOST = 8  # People in a result.
MOST_COMPARED = 1_000  # Latest conversations whose names are compared.

# `OFFSET 0` makes PostgreSQL look up one user after another. Without statistics, it could read all of them.
FIND = f"""
WITH latest AS MATERIALIZED (
  SELECT conversation_id, counterpart_id, last_message_id FROM messaging_participant
  WHERE user_id = %(user)s AND last_message_id < {LATEST} ORDER BY last_message_id DESC LIMIT {MOST_COMPARED}
), found AS (
  SELECT username, conversation_id, last_message_id,
    CASE WHEN key ~ %(first)s THEN 0 WHEN key ~ %(later)s THEN 1 ELSE 2 END AS rank
  FROM latest CROSS JOIN LATERAL (
    SELECT username, translate(name_key, %(signs)s, %(sign)s) AS key FROM {USERS}
    WHERE id = counterpart_id AND is_active OFFSET 0
  ) AS named
  WHERE key ~ %(anywhere)s
  ORDER BY rank, last_message_id DESC LIMIT {MOST}
)
SELECT username, conversation_id, rank, -last_message_id AS place FROM found
UNION ALL
SELECT name, conversation_id, CASE WHEN conversation_id IS NULL THEN 4 ELSE 3 END, place
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS given (name, place) LEFT JOIN LATERAL (
  SELECT conversation_id FROM messaging_participant
  WHERE user_id = %(user)s AND counterpart_id = (SELECT id FROM {USERS} WHERE username = name) OFFSET 0
) AS older ON true
ORDER BY rank, place
"""  # noqa: S608  (constants, and the name of a table)


class Person(NamedTuple):
    name: str
    conversation_id: int | None  # None without a conversation with the user.


def find(user_id: int, start: str, names: list[str]) -> list[Person]:
    """Return at most MOST active users, in one query: first counterparts of the user, then other `names`.

    Among the latest conversations, `start` may be any part of a name. Names that begin with it come first,
    then those of which a later part begins with it; among equals, the latest conversation. `names` are of
    active users. The counterparts among them are found in older conversations too.
    """
    pattern = pattern_of(start)
    arguments = {
        "user": user_id, "names": names, "signs": SEPARATORS, "sign": SIGN * len(SEPARATORS),
        "first": f"^{pattern}", "later": rf"\{SIGN}{pattern}", "anywhere": pattern,
    }  # fmt: skip
    found: dict[str, Person] = {}
    for name, conversation_id, *_ in execute("default", FIND, arguments):
        found.setdefault(name, Person(name, conversation_id))
    return list(found.values())[:MOST]
