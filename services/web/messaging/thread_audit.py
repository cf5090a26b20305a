"""The audit of the list of threads: `manage.py audit_counters --all` compares it with the messages.

A release without the list deletes messages without changing it: after a rollback, some rows are wrong.
"""

from collections.abc import Collection

from django.db import transaction

from messaging.statements import execute, lock_conversations

BATCH = 100  # Number of conversations per statement. A repair locks them.
NEXT = """
SELECT id FROM messaging_conversation WHERE id > %s ORDER BY id LIMIT %s
"""
ACTUAL = """
actual AS (
  SELECT m.thread_root_id AS root_id, c.id, c.low_id, c.high_id, max(m.id) AS last_reply_id
  FROM messaging_conversation c JOIN messaging_message m ON m.conversation_id = c.id
  WHERE c.id = ANY(%(ids)s) AND m.thread_root_id IS NOT NULL
  GROUP BY m.thread_root_id, c.id
), listed AS (
  SELECT t.root_id, c.id, t.last_reply_id
  FROM messaging_conversation c JOIN messaging_thread t ON (t.low_id, t.high_id) = (c.low_id, c.high_id)
  WHERE c.id = ANY(%(ids)s)
)
"""
# One statement, so that both are from the same snapshot.
COMPARE = f"""
WITH {ACTUAL}
SELECT DISTINCT coalesce(actual.id, listed.id) FROM actual FULL JOIN listed USING (root_id)
WHERE actual.last_reply_id IS DISTINCT FROM listed.last_reply_id
"""  # noqa: S608
REPAIR = f"""
WITH {ACTUAL}, gone AS (
  DELETE FROM messaging_thread t USING listed
  WHERE t.root_id = listed.root_id AND t.root_id NOT IN (SELECT root_id FROM actual)
)
INSERT INTO messaging_thread (root_id, low_id, high_id, last_reply_id)
SELECT root_id, low_id, high_id, last_reply_id FROM actual
ON CONFLICT (root_id) DO UPDATE
SET low_id = EXCLUDED.low_id, high_id = EXCLUDED.high_id, last_reply_id = EXCLUDED.last_reply_id
"""  # noqa: S608


def audit_threads(*, is_repairing: bool = False) -> list[int]:
    """Return the ids of the conversations with wrong rows in the list, and correct these if asked to."""
    wrong: list[int] = []
    last = -1
    while ids := [pk for (pk,) in execute("default", NEXT, [last, BATCH])]:
        found = [pk for (pk,) in execute("default", COMPARE, {"ids": ids})]
        if is_repairing and found:
            _repair(found)
        wrong += found
        last = ids[-1]
    return wrong


def _repair(conversation_ids: Collection[int]) -> None:
    with transaction.atomic():
        lock_conversations(conversation_ids, using="default")
        execute("default", REPAIR, {"ids": list(conversation_ids)})
