"""Creates the data for the benchmarks: any number of messages, generated inside PostgreSQL.

Only a few members are measured. All others are background that makes the tables large.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction

BACKGROUND_CONVERSATIONS = 2_000
WORDS = "The loom arrived this morning; warp and weft are on the shelf beside the door, and the bobbins too. "

# One block: `count` messages, interleaved over `conversations` consecutive conversations. In each
# conversation, `thread` consecutive messages form a thread, and every reply has a random earlier parent.
MESSAGES = """
INSERT INTO messaging_message (id, conversation_id, sender_id, receiver_id, content, "timestamp", read,
                               edited, parent_message_id, thread_root_id)
SELECT made.id, pair.id,
       CASE WHEN from_high THEN high_id ELSE low_id END, CASE WHEN from_high THEN low_id ELSE high_id END,
       left(repeat(%(words)s, 4), 20 + (made.id * 37 %% 280)::int),
       now() - (%(last)s - made.id) * interval '1 second',
       k < %(each)s - %(unread)s, false,
       CASE WHEN j > 0 THEN made.id - %(conversations)s * (1 + abs(hashint8(made.id)) %% j) END,
       CASE WHEN j > 0 THEN made.id - %(conversations)s * j END
FROM (SELECT %(first)s + n AS id, %(conversation)s + n %% %(conversations)s AS conversation,
             n / %(conversations)s AS k, n / %(conversations)s %% %(thread)s AS j,
             %(one_way)s OR hashint8(n) %% 2 = 0 AS from_high
      FROM generate_series(0::bigint, %(count)s - 1) AS n) AS made
JOIN messaging_conversation pair ON pair.id = made.conversation
ORDER BY made.id
"""
MEMBERS = """
INSERT INTO accounts_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined,
  name_key, look_alike_group)
SELECT n, '!', false, 'member' || n, '', false, true, now(), 'member' || n, 'rnernber' || n
FROM generate_series(%s::int, %s) AS n
"""
# Conversations of one member with `count` members of the following ids.
CONVERSATIONS = """
INSERT INTO messaging_conversation (id, low_id, high_id)
SELECT %(first)s + n, %(low)s, %(low)s + 1 + n FROM generate_series(0, %(count)s - 1) AS n
"""
BACKGROUND = """
INSERT INTO messaging_conversation (id, low_id, high_id)
SELECT %(first)s + n, %(low)s + 2 * n, %(low)s + 2 * n + 1 FROM generate_series(0, %(count)s - 1) AS n
"""
# Conversations of each member with the next one, so each member has two.
CHAIN = """
INSERT INTO messaging_conversation (id, low_id, high_id)
SELECT %(first)s + n, %(low)s + n, %(low)s + n + 1 FROM generate_series(0, %(count)s - 1) AS n
"""
THE_REST = [
    """
    INSERT INTO messaging_participant (conversation_id, user_id, counterpart_id, last_message_id,
                                       unread_count)
    SELECT c.id, side.me, side.other, s.last,
           COALESCE(CASE WHEN side.me = c.low_id THEN s.to_low ELSE s.to_high END, 0)
    FROM messaging_conversation c
    JOIN (SELECT m.conversation_id, max(m.id) AS last,
                 count(*) FILTER (WHERE NOT m.read AND m.receiver_id = p.low_id) AS to_low,
                 count(*) FILTER (WHERE NOT m.read AND m.receiver_id = p.high_id) AS to_high
          FROM messaging_message m JOIN messaging_conversation p ON p.id = m.conversation_id
          GROUP BY m.conversation_id) AS s ON s.conversation_id = c.id
    CROSS JOIN LATERAL (VALUES (c.low_id, c.high_id), (c.high_id, c.low_id)) AS side (me, other)
    """,
    """
    INSERT INTO messaging_thread (root_id, low_id, high_id, last_reply_id)
    SELECT m.thread_root_id, c.low_id, c.high_id, max(m.id)
    FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id
    WHERE m.thread_root_id IS NOT NULL GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
    SELECT receiver_id, id, 'New message from member' || sender_id, read, "timestamp"
    FROM messaging_message ORDER BY id
    """,
    *(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        for table in ("accounts_user", "messaging_conversation", "messaging_message")
    ),
]
EMPTY = """
TRUNCATE accounts_user, messaging_conversation, messaging_participant, messaging_message,
         messaging_messagehistory, messaging_thread, notifications_notification CASCADE
"""


@dataclass(frozen=True)
class Stage:
    """The ids of the measured members and of the first messages of the measured threads."""

    inbox: int  # A member with 500 counterparts and a fifth of all messages.
    unread: int  # A member who received two fifths of all, a tenth of them unread.
    erased: int  # A member with a fifth of all messages.
    thread_of_1000: int
    thread_of_10000: int
    reader_of_10000: int  # One of its participants.
    members: int  # Number of members; their ids start at 1.


def stage(total: int, using: str = "default") -> Stage:
    """Empty the tables and fill them with `total` messages and one notification each."""
    with _filling(total, using) as builder:
        staged = builder.build()
    vacuum(using)
    return staged


def stage_help_desk(members: int, *conversations: int, using: str = "default") -> list[tuple[int, int]]:
    """Fill the tables with members who have one or two conversations of one message, and with help desks.

    The help desks have the given numbers of conversations, of one message each, which they have received and
    not read. Return the id of each of them and of its first message; the ids of its messages are consecutive.
    """
    with _filling(members + sum(conversations), using) as builder:
        desks = [builder.star(count, count, one_way=True) for count in conversations]
        builder.chain(members - builder.members)
    return desks


@contextmanager
def _filling(total: int, using: str) -> Iterator["_Builder"]:
    with transaction.atomic(using), connections[using].cursor() as cursor:
        # Disable the triggers that check foreign keys row by row; the generated rows are correct.
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
        cursor.execute(EMPTY)
        yield _Builder(cursor, total)
        for statement in THE_REST:
            cursor.execute(statement)


def vacuum(using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


class _Builder:
    """Inserts the rows, and assigns consecutive ids."""

    def __init__(self, cursor, total: int) -> None:
        self.cursor, self.total = cursor, total
        self.members, self.conversations, self.messages = 0, 0, 0

    def build(self) -> Stage:
        total = self.total
        few = max(2, min(500, total // 200))
        thread_of_1000 = self.star(1, 1_001, thread=1_001)
        thread_of_10000 = self.star(1, min(10_001, total // 10), thread=10_001)
        inbox = self.star(few, total // 5)
        unread = self.star(max(2, few // 5), total * 2 // 5, one_way=True)
        erased = self.star(max(2, few // 5), total // 5)
        self._background(total - self.messages)
        return Stage(
            inbox=inbox[0],
            unread=unread[0],
            erased=erased[0],
            thread_of_1000=thread_of_1000[1],
            thread_of_10000=thread_of_10000[1],
            reader_of_10000=thread_of_10000[0],
            members=self.members,
        )

    def star(
        self, counterparts: int, messages: int, thread: int = 10, one_way: bool = False
    ) -> tuple[int, int]:
        """Create a member with counterparts; return the ids of the member and of the first message."""
        member = self._members(counterparts + 1)
        first = self._conversations(CONVERSATIONS, counterparts, member)
        # The last messages of each conversation are unread: a tenth if one member receives all, else one.
        unread = max(messages // counterparts // 10, 1) if one_way else int(thread == 10)
        return member, self._messages(first, counterparts, messages, thread, unread, one_way)

    def chain(self, members: int) -> None:
        first = self._conversations(CHAIN, members - 1, self._members(members))
        self._messages(first, members - 1, members - 1, 10, 1, False)

    def _background(self, messages: int) -> None:
        count = max(1, min(BACKGROUND_CONVERSATIONS, messages // 20))
        first = self._conversations(BACKGROUND, count, self._members(2 * count))
        self._messages(first, count, messages, 10, 1, False)

    def _members(self, count: int) -> int:
        first = self.members + 1
        self.members += count
        self.cursor.execute(MEMBERS, [first, self.members])
        return first

    def _conversations(self, statement: str, count: int, low: int) -> int:
        first = self.conversations + 1
        self.conversations += count
        self.cursor.execute(statement, {"first": first, "count": count, "low": low})
        return first

    def _messages(
        self, conversation: int, conversations: int, count: int, thread: int, unread: int, one_way: bool
    ) -> int:
        first = self.messages + 1
        self.messages += count
        self.cursor.execute(
            MESSAGES,
            {
                "words": WORDS, "first": first, "last": self.total, "count": count, "thread": thread,
                "conversation": conversation, "conversations": conversations, "one_way": one_way,
                "each": count // conversations, "unread": unread,
            },
        )  # fmt: skip
        return first
