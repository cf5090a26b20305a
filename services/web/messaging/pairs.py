"""The conversation of a pair of users: find or open it, and lock it."""

from messaging.message_fields import MessageFields
from messaging.statements import USERS, execute

Pair = tuple[int, int]

# `count(*) >= 0` is always true. It makes PostgreSQL lock the users before the conversations.
LOCK_PAIRS = f"""
WITH people AS MATERIALIZED (
  SELECT id, is_active FROM {USERS}
  WHERE id = ANY(%(low)s::bigint[] || %(high)s) ORDER BY id FOR KEY SHARE
)
SELECT c.low_id, c.high_id, c.id, low.is_active, high.is_active
FROM messaging_conversation c JOIN unnest(%(low)s::bigint[], %(high)s::bigint[]) AS pair (low, high)
  ON c.low_id = pair.low AND c.high_id = pair.high
  LEFT JOIN people low ON low.id = c.low_id LEFT JOIN people high ON high.id = c.high_id
WHERE (SELECT count(*) FROM people) >= 0
ORDER BY c.id FOR NO KEY UPDATE OF c
"""  # noqa: S608  (the name of a table)
OPEN_PAIRS = f"""
WITH opened AS (
  INSERT INTO messaging_conversation (low_id, high_id)
  SELECT low, high FROM unnest(%(low)s::bigint[], %(high)s::bigint[]) AS pair (low, high) ORDER BY low, high
  ON CONFLICT DO NOTHING RETURNING low_id, high_id, id
), sides AS (
  INSERT INTO messaging_participant (conversation_id, user_id, counterpart_id, unread_count)
  SELECT id, low_id, high_id, 0 FROM opened UNION ALL SELECT id, high_id, low_id, 0 FROM opened
)
SELECT o.low_id, o.high_id, o.id, low.is_active, high.is_active
FROM opened o
  LEFT JOIN {USERS} low ON low.id = o.low_id LEFT JOIN {USERS} high ON high.id = o.high_id
"""  # noqa: S608


def pair_of(message: MessageFields) -> Pair:
    return min(message.sender_id, message.receiver_id), max(message.sender_id, message.receiver_id)


def lock_pairs(pairs: set[Pair], using: str) -> tuple[dict[Pair, int], set[int]]:
    """Lock the conversation of each pair. Open it if the pair has none.

    Return the ids of the conversations by pair, and the ids of the users whose accounts are deactivated.
    """
    known: dict[Pair, int] = {}
    inactive: set[int] = set()
    for statement in (LOCK_PAIRS, OPEN_PAIRS, LOCK_PAIRS):
        missing = sorted(pairs - known.keys())
        if not missing:
            break
        lows, highs = zip(*missing, strict=True)
        # OPEN_PAIRS skips a pair that another transaction has just opened. The second LOCK_PAIRS finds it.
        rows = execute(using, statement, {"low": list(lows), "high": list(highs)})
        for low, high, pk, low_is_active, high_is_active in rows:
            known[low, high] = pk
            people = ((low, low_is_active), (high, high_is_active))
            inactive |= {user_id for user_id, is_active in people if is_active is False}
    return known, inactive
