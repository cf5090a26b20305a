"""The list of threads: the latest reply of each thread that has one.

It changes in the transaction of the messages, under the lock of the conversation. The statement of sending.py
changes it too.
"""

from collections.abc import Iterable

from messaging.message_fields import MessageFields
from messaging.pairs import pair_of
from messaging.statements import execute

RECORD = """
INSERT INTO messaging_thread AS t (root_id, low_id, high_id, last_reply_id)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (root_id) DO UPDATE SET last_reply_id = EXCLUDED.last_reply_id
WHERE t.last_reply_id < EXCLUDED.last_reply_id
"""
RECOMPUTE = """
WITH actual AS (
  SELECT root.id, (SELECT max(m.id) FROM messaging_message m
                   WHERE m.thread = root.id AND m.id > root.id) AS last
  FROM unnest(%s::bigint[]) AS root (id)
), without AS (
  DELETE FROM messaging_thread t USING actual WHERE t.root_id = actual.id AND actual.last IS NULL
)
UPDATE messaging_thread t SET last_reply_id = actual.last
FROM actual WHERE t.root_id = actual.id AND actual.last IS NOT NULL
"""


def record_replies(messages: Iterable[MessageFields], *, using: str) -> None:
    """Record the latest reply of each thread of these messages, in one statement."""
    latest: dict[int, MessageFields] = {}
    for message in messages:
        root_id = message.thread_root_id
        if root_id is not None and (root_id not in latest or latest[root_id].pk < message.pk):
            latest[root_id] = message
    if latest:
        rows = [(root_id, *pair_of(latest[root_id]), latest[root_id].pk) for root_id in sorted(latest)]
        execute(using, RECORD, [list(column) for column in zip(*rows, strict=True)])


def recompute(root_ids: Iterable[int], *, using: str) -> None:
    """Recompute the latest reply of these threads. A thread without replies leaves the list.

    The caller must have locked their conversations.
    """
    execute(using, RECOMPUTE, [list(root_ids)])
