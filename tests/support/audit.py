"""Compares acknowledged sends with the messages in the database."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

# One row for each notification of a message, so that a second notification is counted. Messages that no form
# has sent, such as those of an interrupted privacy probe, have no client id.
FIND = """
SELECT m.client_id::text, m.sender_id, m.receiver_id, m.parent_message_id, n.user_id,
  strpos(m.content, m.client_id::text)
FROM messaging_message m LEFT JOIN notifications_notification n ON n.message_id = m.id
WHERE m.id > %s AND m.client_id IS NOT NULL ORDER BY m.id
"""
WRONG_COUNTERS = """
SELECT count(*) FROM messaging_participant p
JOIN LATERAL (
  SELECT max(m.id) AS last, count(*) FILTER (WHERE m.receiver_id = p.user_id AND NOT m.read) AS unread
  FROM messaging_message m WHERE m.conversation_id = p.conversation_id
) AS actual ON true
WHERE (p.last_message_id, p.unread_count) IS DISTINCT FROM (actual.last, actual.unread::int)
"""
WRONG_THREADS = """
SELECT t.root_id, t.last_reply_id, actual.thread_root_id, actual.last FROM messaging_thread t FULL JOIN (
  SELECT m.thread_root_id, c.low_id, c.high_id, max(m.id) AS last
  FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id
  WHERE m.thread_root_id IS NOT NULL GROUP BY 1, 2, 3
) AS actual ON actual.thread_root_id = t.root_id
WHERE (t.low_id, t.high_id, t.last_reply_id) IS DISTINCT FROM (actual.low_id, actual.high_id, actual.last)
"""


class Sent(NamedTuple):
    """An acknowledged message as it was sent; its text contains the `client_id`."""

    client_id: str
    sender: int
    receiver: int
    parent: int


class Found(NamedTuple):
    """A message in the database, with one of its notifications."""

    client_id: str
    sender: int
    receiver: int
    parent: int | None
    notified: int | None
    place: int | None  # Position of the client id in the text, from 1; 0 if the text does not contain it.


class Audit(NamedTuple):
    acknowledged: int
    lost: int
    doubled: int
    misdelivered: int
    wrong_counters: int = 0
    wrong_threads: int = 0

    @property
    def is_clean(self) -> bool:
        wrong = self.misdelivered or self.wrong_counters or self.wrong_threads
        return not (self.lost or self.doubled or wrong)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged:,} sends were acknowledged. Lost: {self.lost}, doubled: {self.doubled}, "
            f"misdelivered: {self.misdelivered}, inbox rows that disagree with the messages: "
            f"{self.wrong_counters}, rows of the list of threads that do: {self.wrong_threads}."
        )


def audit(acknowledged: Iterable[Sent], after: int) -> Audit:
    """Compare the sends with all messages of an id above `after`, and check inboxes and threads."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [after])
        found = [Found(*row) for row in cursor.fetchall()]
        cursor.execute(WRONG_COUNTERS)
        wrong_counters = cursor.fetchone()[0]
        cursor.execute(WRONG_THREADS)
        wrong_threads = len(cursor.fetchall())
    return compare(acknowledged, found)._replace(wrong_counters=wrong_counters, wrong_threads=wrong_threads)


def compare(acknowledged: Iterable[Sent], found: Iterable[Found]) -> Audit:
    """Compare sends with messages. Sends with the same client id are expected to be one message.

    A message is misdelivered if its sender, receiver, parent or text differs from the send, or if its
    receiver has no notification.
    """
    meant = {sent.client_id: sent for sent in acknowledged}
    found = list(found)
    times = Counter(row.client_id for row in found)
    arrived = {row.client_id: row for row in found}
    return Audit(
        acknowledged=len(meant),
        lost=len(meant.keys() - arrived.keys()),
        doubled=sum(count - 1 for count in times.values()),
        misdelivered=sum(not _as_meant(meant[key], arrived[key]) for key in meant.keys() & arrived.keys()),
    )


def _as_meant(sent: Sent, row: Found) -> bool:
    return sent == row[:4] and row.notified == sent.receiver and bool(row.place)
