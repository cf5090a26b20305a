"""Erasure of a large account: 50,000 messages sent, 50,000 received, 400 counterparts."""

from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.erasure_phases import preview
from accounts.models import User
from messaging import inbox
from messaging.models import Conversation, Message, MessageHistory, Participant
from notifications.models import Notification

COUNTERPARTS = 400
MESSAGES = 100_000

STAGE = [
    """
    INSERT INTO messaging_conversation (low_id, high_id)
    SELECT LEAST(id, %(victim)s), GREATEST(id, %(victim)s) FROM accounts_user WHERE id <> %(victim)s
    """,
    """
    INSERT INTO messaging_participant (conversation_id, user_id, counterpart_id, unread_count)
    SELECT id, low_id, high_id, 0 FROM messaging_conversation UNION ALL
    SELECT id, high_id, low_id, 0 FROM messaging_conversation
    """,
    """
    WITH c AS (
      SELECT id, low_id + high_id - %(victim)s AS other, row_number() OVER (ORDER BY id) - 1 AS place
      FROM messaging_conversation
    )
    INSERT INTO messaging_message (conversation_id, sender_id, receiver_id, content, timestamp, read, edited)
    SELECT c.id, CASE WHEN n %% 2 = 0 THEN %(victim)s ELSE other END,
      CASE WHEN n %% 2 = 0 THEN other ELSE %(victim)s END, 'Message ' || n, now(), n %% 3 = 0, n %% 10 = 0
    FROM generate_series(0, %(messages)s - 1) AS n JOIN c ON place = n / 2 %% %(counterparts)s ORDER BY n
    """,
    """
    UPDATE messaging_message m SET parent_message_id = root.id, thread_root_id = root.id
    FROM (SELECT conversation_id, min(id) AS id FROM messaging_message GROUP BY 1) AS root
    WHERE m.conversation_id = root.conversation_id AND m.id > root.id AND m.id %% 4 = 0
    """,
    """
    INSERT INTO messaging_thread (root_id, low_id, high_id, last_reply_id)
    SELECT m.thread_root_id, c.low_id, c.high_id, max(m.id)
    FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id
    WHERE m.thread_root_id IS NOT NULL GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
    SELECT receiver_id, id, 'New message', read, now() FROM messaging_message
    """,
    """
    INSERT INTO messaging_messagehistory (message_id, old_content, edited_at, edited_by_id)
    SELECT id, 'Before', now(), sender_id FROM messaging_message WHERE edited
    """,
    "ANALYZE",
]


@pytest.fixture
def people(db):
    return _members("early")


def _members(name):
    return User.objects.bulk_create(
        User(username=f"{name}{number}", password="!") for number in range(COUNTERPARTS // 2)
    )


@pytest.fixture
def victim(people, member):
    """Create a user. Half of the counterparts have lower ids, half have higher ids."""
    victim = member("victim")
    people += _members("late")
    figures = {"victim": victim.pk, "messages": MESSAGES, "counterparts": COUNTERPARTS}
    with connection.cursor() as cursor:
        for statement in STAGE:
            cursor.execute(statement, figures)
    inbox.recount(Conversation.objects.values_list("pk", flat=True), using="default")
    return victim


def memory(name) -> float:
    """Return a memory figure of this process in MiB: VmRSS is the present use, VmHWM is the peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


@pytest.mark.django_db(transaction=True)
def test_erasure_of_100000_messages_makes_20_statements_and_uses_little_memory(
    victim, people, wrong_counters
):
    assert victim.sent_messages.count() == victim.received_messages.count() == 50_000
    many = "more than 10,000"
    assert preview(victim) == {
        "Notifications": many,
        "Messages you sent": many,
        "Conversations": str(COUNTERPARTS),
        "Messages in these conversations": many,
    }
    kept = Message.objects.bulk_create(
        Message(sender=s, receiver=r, content="Ours") for s, r in pairwise(people)
    )
    assert wrong_counters() == []

    Path("/proc/self/clear_refs").write_text("5")  # This resets the peak, VmHWM.
    before = memory("VmRSS")
    with CaptureQueriesContext(connection) as statements:
        victim.delete()
    grown = memory("VmHWM") - before

    print(f"\nErased {MESSAGES:,} messages: {len(statements)} statements, {grown:.1f} MB")
    assert len(statements) <= 20
    assert grown < 20
    assert list(Message.objects.order_by("pk")) == kept
    assert Notification.objects.count() == Conversation.objects.count() == len(kept)
    assert (Participant.objects.count(), MessageHistory.objects.count()) == (2 * len(kept), 0)
    assert set(User.objects.all()) == set(people)
    assert wrong_counters() == []
