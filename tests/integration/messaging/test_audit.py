"""The audit of a load test, or of a test with injected faults, finds each kind of fault.

Each test injects a fault into a real database. Where a constraint would refuse the fault, the test drops the
constraint first.
"""

import uuid

import pytest
from django.db import connection

from tests.support.audit import Audit, Sent, audit

CLEAN = Audit(acknowledged=3, lost=0, doubled=0, misdelivered=0, wrong_counters=0)
GONE = """
DELETE FROM notifications_notification WHERE message_id = {reply};
DELETE FROM messaging_message WHERE id = {reply};
UPDATE messaging_participant SET unread_count = unread_count - 1 WHERE user_id = {alice};
"""
REPORTED_TWICE = """
ALTER TABLE notifications_notification DROP CONSTRAINT notification_once;
INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
SELECT user_id, message_id, content, read, created_at FROM notifications_notification
WHERE message_id = {reply};
"""
WRITTEN_TWICE = """
ALTER TABLE messaging_message DROP CONSTRAINT message_client_id_once;
INSERT INTO messaging_message (id, sender_id, receiver_id, content, timestamp, read, edited, conversation_id,
  parent_message_id, thread_root_id, client_id)
SELECT {last} + 1, sender_id, receiver_id, content, timestamp, true, edited, conversation_id,
  parent_message_id, thread_root_id, client_id FROM messaging_message WHERE id = {reply};
INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
SELECT receiver_id, id, content, false, timestamp FROM messaging_message WHERE id > {last};
UPDATE messaging_participant SET last_message_id = (SELECT max(id) FROM messaging_message);
UPDATE messaging_thread SET last_reply_id = (SELECT max(id) FROM messaging_message);
"""
TO_ANOTHER = """
ALTER TABLE messaging_message DROP CONSTRAINT message_receiver_takes_part;
UPDATE messaging_message SET receiver_id = {charlie}, read = true WHERE id = {reply};
UPDATE messaging_participant SET unread_count = unread_count - 1 WHERE user_id = {alice};
"""
FROM_ANOTHER = """
ALTER TABLE messaging_message DROP CONSTRAINT message_sender_takes_part;
UPDATE messaging_message SET sender_id = {charlie} WHERE id = {reply};
"""
WRONGS = {
    "a message is gone": (GONE, {"lost": 1}),
    "a message is there twice": (WRITTEN_TWICE, {"doubled": 1}),
    "its receiver was told twice": (REPORTED_TWICE, {"doubled": 1}),
    "somebody else has it": (TO_ANOTHER, {"misdelivered": 1}),
    "it is from somebody else": (FROM_ANOTHER, {"misdelivered": 1}),
    "it answers another": (
        "UPDATE messaging_message SET parent_message_id = {reply} WHERE id = {last}",
        {"misdelivered": 1},
    ),
    "it says something else": (
        "UPDATE messaging_message SET content = 'Something else' WHERE id = {reply}",
        {"misdelivered": 1},
    ),
    "somebody else was told": (
        "UPDATE notifications_notification SET user_id = {charlie} WHERE message_id = {reply}",
        {"misdelivered": 1},
    ),
    "nobody was told": (
        "DELETE FROM notifications_notification WHERE message_id = {reply}",
        {"misdelivered": 1},
    ),
    "a counter is too high": (
        "UPDATE messaging_participant SET unread_count = unread_count + 1 WHERE user_id = {alice}",
        {"wrong_counters": 1},
    ),
    "an inbox shows an older message": (
        "UPDATE messaging_participant SET last_message_id = {reply} WHERE user_id = {alice}",
        {"wrong_counters": 1},
    ),
    "an inbox shows nothing": (
        "UPDATE messaging_participant SET last_message_id = NULL WHERE user_id = {alice}",
        {"wrong_counters": 1},
    ),
    "a list of threads shows an older reply": (
        "UPDATE messaging_thread SET last_reply_id = {reply}",
        {"wrong_threads": 1},
    ),
    "a list of threads lacks one": ("DELETE FROM messaging_thread", {"wrong_threads": 1}),
    "a thread is in the list of another member": (
        "UPDATE messaging_thread SET high_id = {charlie}",
        {"wrong_threads": 1},
    ),
}


@pytest.fixture
def messages(write, alice, bob):
    """A message from alice to bob, his reply, and a reply of alice to her first message."""

    def send(sender, receiver, **fields):
        client_id = uuid.uuid4()
        return write(sender, receiver, f"Hello, {client_id}", client_id=client_id, **fields)

    first = send(alice, bob)
    return [first, send(bob, alice, parent_message=first), send(alice, bob, parent_message=first)]


@pytest.fixture
def load(messages):
    """Return a function that audits the messages, all of which were acknowledged."""
    sent = [Sent(str(m.client_id), m.sender_id, m.receiver_id, m.parent_message_id) for m in messages]
    return lambda: audit(sent, after=messages[0].pk - 1)


@pytest.fixture
def harm(messages, alice, charlie):
    names = {"reply": messages[1].pk, "last": messages[2].pk, "alice": alice.pk, "charlie": charlie.pk}

    def run(sql):
        with connection.cursor() as cursor:
            # Check pending constraints now, because a constraint with pending checks cannot be dropped.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE;" + sql.format(**names))

    return run


def test_audit_of_correct_messages_is_clean(load):
    assert load() == CLEAN
    assert load().is_clean


@pytest.mark.parametrize("wrong", WRONGS)
def test_each_kind_of_fault_is_found(wrong, load, harm):
    sql, changes = WRONGS[wrong]
    harm(sql)

    assert load() == CLEAN._replace(**changes)
    assert not load().is_clean
