"""By command only (make drill-recovery): what a lost disk loses, and how long a recovery takes."""

import os
import time

import pytest

from tests.deployment.compose.archive import MESSAGES, switch_on
from tests.deployment.compose.judging import RECOVERY_SECONDS
from tests.deployment.compose.sending import Load
from tests.support.audit import WRONG_COUNTERS

COUNT = int(os.environ.get("MESSAGES", "100000"))
ARCHIVE_SECONDS = 60
# Copies of the messages of all conversations, with a notification each.
FILL = f"""
SET session_replication_role = replica;
INSERT INTO messaging_message (conversation_id, sender_id, receiver_id, content, "timestamp", read, edited)
SELECT conversation_id, sender_id, receiver_id, left(repeat('The loom arrived this morning. ', 10),
  20 + n % 280), now(), true, false
FROM (SELECT * FROM messaging_message ORDER BY id LIMIT 10) AS sample
CROSS JOIN generate_series(1, {COUNT} / 10) AS n;
INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
SELECT receiver_id, id, 'New message', true, "timestamp" FROM messaging_message WHERE client_id IS NULL;
UPDATE messaging_participant p SET last_message_id =
  (SELECT max(m.id) FROM messaging_message m WHERE m.conversation_id = p.conversation_id)
"""


@pytest.fixture
def archived(stack, members):
    """The stack with many messages, and a base backup that contains them."""
    with Load(stack, members):
        pass
    stack.sql(FILL)
    switch_on(stack)
    stack.wait_until_healthy(RECOVERY_SECONDS)
    return stack


def size(stack) -> str:
    (row,) = stack.sql("SELECT count(*), pg_size_pretty(pg_database_size('bobbin')) FROM messaging_message")
    return f"{int(row[0]):,} messages, {row[1]}"


def test_lost_disk_loses_at_most_the_changes_that_were_not_archived(archived, members, figure):
    how_much = size(archived)
    with Load(archived, members) as load:
        time.sleep(2.5 * ARCHIVE_SECONDS)
        archived.compose("kill", "postgres")
        killed = time.monotonic()
    archived.make("down-all", "YES=1")

    began = time.monotonic()
    archived.make("restore", "TO=latest")
    restored = time.monotonic() - began
    archived.make("up")
    archived.wait_until_healthy(RECOVERY_SECONDS)
    served = time.monotonic() - began

    found = {row[0] for row in archived.sql(MESSAGES)}
    acknowledged = {
        client_id: at for sender in load.senders for client_id, (_, at) in sender.acknowledged.items()
    }
    lost = [at for client_id, at in acknowledged.items() if client_id not in found]
    first = min(lost, default=killed)
    figure(
        f"Lost disk: {len(lost)} of {len(acknowledged)} sends lost, those of the last {killed - first:.1f} s"
    )
    figure(f"Recovery ({how_much}): restored after {restored:.0f} s, served again after {served:.0f} s")
    assert killed - first < ARCHIVE_SECONDS + RECOVERY_SECONDS
    assert archived.sql(WRONG_COUNTERS) == [["0"]]
