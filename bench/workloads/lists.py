"""A page of the unread list and of the inbox, for members with very many rows."""

from accounts.models import User
from bench import raw
from bench.measure import Way, Workload
from bench.staging import Stage
from bench.targets import at_most, one_query
from chats.pages import INBOX_SIZE, PAGE_SIZE, split
from chats.views import reading

UNREAD = """
SELECT m.id, m.conversation_id, m.sender_id, m.timestamp, u.username, left(m.content, 301)
FROM messaging_message m JOIN accounts_user u ON u.id = m.sender_id
WHERE m.receiver_id = %s AND NOT m.read ORDER BY m.id DESC LIMIT 51
"""
INBOX = """
SELECT p.last_message_id, p.conversation_id, p.counterpart_id, p.unread_count, u.username,
  left(m.content, 121), m.timestamp, m.sender_id
FROM messaging_participant p
JOIN messaging_message m ON m.id = p.last_message_id JOIN accounts_user u ON u.id = p.counterpart_id
WHERE p.user_id = %s AND p.last_message_id IS NOT NULL ORDER BY p.last_message_id DESC LIMIT 26
"""


def workloads(stage: Stage) -> list[Workload]:
    return [unread(User.objects.get(pk=stage.unread)), inbox(User.objects.get(pk=stage.inbox))]


def unread(reader: User) -> Workload:
    def bobbin():
        return split(reading.UNREAD(reader.pk, None), PAGE_SIZE)[0]

    ways = [
        Way("raw SQL", lambda: raw.rows(UNREAD, [reader.pk])[:PAGE_SIZE]),
        Way("Bobbin", bobbin, lambda rows: [tuple(row) for row in rows]),
    ]
    return Workload("unread list, 50 of 200,000 received", ways, 100, [at_most(6), one_query()])


def inbox(reader: User) -> Workload:
    def bobbin():
        return split(reading.INBOX(reader.pk, None), INBOX_SIZE)[0]

    ways = [
        Way("raw SQL", lambda: raw.rows(INBOX, [reader.pk])[:INBOX_SIZE]),
        Way("Bobbin", bobbin, lambda rows: [tuple(row) for row in rows]),
    ]
    return Workload(
        "inbox page, 25 of 500 counterparts, 100,000 messages", ways, 100, [at_most(6), one_query()]
    )
