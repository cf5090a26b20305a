"""Sending, editing and erasing, with hand-written statements, with Bobbin and with the peers."""

import uuid
from collections.abc import Callable
from functools import partial
from itertools import count

from django.db import connection, transaction

from accounts.models import User
from bench import raw
from bench.measure import Way, Workload
from bench.peers import writing as peers
from bench.staging import Stage
from bench.targets import at_most, faster_than
from messaging.models import Message, MessageHistory
from messaging.replying import message_to_answer
from messaging.sending import send
from notifications.models import Notification

SEND = """
WITH sent AS (
  INSERT INTO messaging_message (conversation_id, sender_id, receiver_id, content, "timestamp", read, edited,
                                 parent_message_id, thread_root_id, client_id)
  VALUES (%(conversation)s, %(sender)s, %(receiver)s, %(content)s, now(), false, false,
          %(parent)s, %(root)s, %(client_id)s)
  RETURNING id
), told AS (
  INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
  SELECT %(receiver)s, id, %(notice)s, false, now() FROM sent
)
UPDATE messaging_participant p
SET last_message_id = sent.id, unread_count = p.unread_count + (p.user_id = %(receiver)s)::int
FROM sent WHERE p.conversation_id = %(conversation)s
RETURNING sent.id
"""
REPLY = """
WITH sent AS (
  INSERT INTO messaging_message (conversation_id, sender_id, receiver_id, content, "timestamp", read, edited,
                                 parent_message_id, thread_root_id, client_id)
  VALUES (%(conversation)s, %(sender)s, %(receiver)s, %(content)s, now(), false, false,
          %(parent)s, %(root)s, %(client_id)s)
  RETURNING id
)
INSERT INTO notifications_notification (user_id, message_id, content, read, created_at)
SELECT %(receiver)s, id, %(notice)s, false, now() FROM sent
RETURNING message_id
"""
EDIT = """
WITH before AS (SELECT id, content FROM messaging_message WHERE id = %(id)s FOR NO KEY UPDATE),
kept AS (
  INSERT INTO messaging_messagehistory (message_id, old_content, edited_at, edited_by_id)
  SELECT id, content, now(), %(editor)s FROM before
)
UPDATE messaging_message m SET content = %(content)s, edited = true FROM before WHERE m.id = before.id
"""
CASCADE = """
DROP SCHEMA IF EXISTS cascading CASCADE;
CREATE SCHEMA cascading;
CREATE TABLE cascading.person (LIKE accounts_user INCLUDING ALL);
INSERT INTO cascading.person SELECT * FROM accounts_user;
CREATE TABLE cascading.conversation (LIKE messaging_conversation INCLUDING ALL);
INSERT INTO cascading.conversation SELECT * FROM messaging_conversation;
CREATE TABLE cascading.participant (LIKE messaging_participant INCLUDING ALL);
INSERT INTO cascading.participant SELECT * FROM messaging_participant;
CREATE TABLE cascading.message (LIKE messaging_message INCLUDING ALL);
INSERT INTO cascading.message (id, content, "timestamp", read, edited, client_id, conversation_id,
                               parent_message_id, receiver_id, sender_id, thread_root_id)
SELECT id, content, "timestamp", read, edited, client_id, conversation_id, parent_message_id, receiver_id,
       sender_id, thread_root_id FROM messaging_message;
CREATE TABLE cascading.history (LIKE messaging_messagehistory INCLUDING ALL);
CREATE TABLE cascading.notification (LIKE notifications_notification INCLUDING ALL);
INSERT INTO cascading.notification SELECT * FROM notifications_notification;
ALTER TABLE cascading.conversation
  ADD FOREIGN KEY (low_id) REFERENCES cascading.person ON DELETE CASCADE,
  ADD FOREIGN KEY (high_id) REFERENCES cascading.person ON DELETE CASCADE;
ALTER TABLE cascading.participant
  ADD FOREIGN KEY (conversation_id) REFERENCES cascading.conversation ON DELETE CASCADE,
  ADD FOREIGN KEY (user_id) REFERENCES cascading.person ON DELETE CASCADE,
  ADD FOREIGN KEY (counterpart_id) REFERENCES cascading.person ON DELETE CASCADE,
  ADD FOREIGN KEY (last_message_id) REFERENCES cascading.message ON DELETE CASCADE;
ALTER TABLE cascading.message
  ADD FOREIGN KEY (conversation_id) REFERENCES cascading.conversation ON DELETE CASCADE,
  ADD FOREIGN KEY (conversation_id, sender_id)
    REFERENCES cascading.participant (conversation_id, user_id) ON DELETE CASCADE,
  ADD FOREIGN KEY (conversation_id, receiver_id)
    REFERENCES cascading.participant (conversation_id, user_id) ON DELETE CASCADE,
  ADD FOREIGN KEY (conversation_id, parent_message_id)
    REFERENCES cascading.message (conversation_id, id) ON DELETE CASCADE,
  ADD FOREIGN KEY (conversation_id, thread)
    REFERENCES cascading.message (conversation_id, id) ON DELETE CASCADE;
ALTER TABLE cascading.history
  ADD FOREIGN KEY (message_id) REFERENCES cascading.message ON DELETE CASCADE,
  ADD FOREIGN KEY (edited_by_id) REFERENCES cascading.person ON DELETE SET NULL;
ALTER TABLE cascading.notification
  ADD FOREIGN KEY (message_id) REFERENCES cascading.message ON DELETE CASCADE,
  ADD FOREIGN KEY (user_id) REFERENCES cascading.person ON DELETE CASCADE;
ANALYZE;
"""
# Counts the remaining rows of an erased member.
LEFT = """
SELECT (SELECT count(*) FROM {messages} WHERE sender_id = %(member)s OR receiver_id = %(member)s),
       (SELECT count(*) FROM {conversations} WHERE low_id = %(member)s OR high_id = %(member)s)
"""


def workloads(stage: Stage) -> list[Workload]:
    for connected in (raw.run, _run):
        connected("SET synchronous_commit = off")
    parent = Message.objects.with_people().get(pk=stage.thread_of_1000)
    return [_send(parent), _reply(parent), _edit(parent), _erase(stage.erased)]


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def reply_by_hand(statement: str, parent: Message) -> Callable[[], int]:
    """Return a function that sends a reply to `parent` with one statement and returns its id."""
    sender, receiver = parent.receiver, parent.sender
    number = count()

    def by_hand():
        values = {
            "conversation": parent.conversation_id, "sender": sender.pk, "receiver": receiver.pk,
            "content": f"It did arrive, {next(number)}.", "parent": parent.pk, "root": parent.pk,
            "client_id": uuid.uuid4(), "notice": f"New message from {sender.username}",
        }  # fmt: skip
        return raw.rows(statement, values)[0][0]

    return by_hand


def _send(parent: Message) -> Workload:
    """A reply to `parent`, with its notification and both inbox rows."""
    sender, receiver = parent.receiver, parent.sender
    number = count()

    def bobbin():
        content = f"It did arrive, {next(number)}."
        message = Message(
            sender=sender, receiver=receiver, content=content, parent_message=parent, client_id=uuid.uuid4()
        )
        return send(message).pk

    def content(pk):
        sent = Message.objects.get(pk=pk)
        notification = Notification.objects.get(message=pk)
        sides = sent.conversation.participants.values_list("user_id", "last_message_id")
        people = (sent.sender_id, sent.receiver_id, sent.parent_message_id, sent.thread)
        return (
            *people,
            notification.user_id,
            notification.content,
            {user: last == pk for user, last in sides},
        )

    ways = [Way("raw SQL", reply_by_hand(SEND, parent), content), Way("Bobbin", bobbin, content)]
    return Workload("send a reply (message, notification, both inbox rows)", ways, 200, [at_most(5)])


def _reply(parent: Message) -> Workload:
    """A reply and its notification; only Bobbin also updates inbox rows."""
    sender, receiver = parent.receiver, parent.sender
    number = count()

    def bobbin():
        content = f"It did arrive, {next(number)}."
        answered = message_to_answer(parent.pk, by=sender)  # The peers read the parent, too.
        return send(
            Message(
                sender=sender,
                receiver=answered.sender,
                content=content,
                parent_message=answered,
                client_id=uuid.uuid4(),
            )
        ).pk

    def content(pk):
        sent, notification = Message.objects.get(pk=pk), Notification.objects.get(message=pk)
        shown = sent.sender_id, sent.parent_message_id, sent.content[:13]
        return *shown, notification.user_id, notification.content

    ways = [
        Way("raw SQL", reply_by_hand(REPLY, parent), content),
        Way("Bobbin, inbox rows too", bobbin, content),
    ]
    return Workload(
        "a reply and its notification, without inbox rows",
        [*ways, *peers.replies(parent.pk, sender, receiver)],
        100,
        [faster_than("mptt and treebeard")],
    )


def _edit(message: Message) -> Workload:
    author = message.sender
    number = count()

    def by_hand():
        raw.run(EDIT, {"id": message.pk, "editor": author.pk, "content": f"Edited, {next(number)}."})

    def bobbin():
        message.edit(f"Edited, {next(number)}.", by=author)

    def content(_):
        kept = MessageHistory.objects.filter(message=message).order_by("-pk").first()
        now = Message.objects.get(pk=message.pk)
        assert kept.edited_by_id == author.pk
        return kept.old_content[:7], now.content[:7], now.edited

    by_hand()  # The previous text of all measured edits must be an edited one.
    ways = [Way("raw SQL", by_hand, content), Way("Bobbin", bobbin, content), *peers.edits(author)]
    faster = faster_than("simple-history and reversion", "django-simple-history", "django-reversion")
    return Workload("edit with history", ways, 200, [at_most(5), faster])


def _erase(member_id: int) -> Workload:
    """Erase a member with a fifth of all messages; each run is rolled back."""
    _run(CASCADE)
    statements = _statements_of(User.objects.get(pk=member_id))
    here = LEFT.format(messages="messaging_message", conversations="messaging_conversation")
    there = LEFT.format(messages="cascading.message", conversations="cascading.conversation")

    def bobbin():
        User.objects.get(pk=member_id).delete()
        _run("SET CONSTRAINTS ALL IMMEDIATE")

    def by_hand():
        for statement, parameters in statements:
            raw.run(statement, parameters)
        raw.run("SET CONSTRAINTS ALL IMMEDIATE")

    def by_cascade():
        raw.run("DELETE FROM cascading.person WHERE id = %s", [member_id])

    def left_by_bobbin(_):
        with connection.cursor() as cursor:
            cursor.execute(here, {"member": member_id})
            return cursor.fetchall()

    def left(statement):
        return lambda _: raw.rows(statement, {"member": member_id})

    begin, undo = partial(raw.run, "BEGIN"), partial(raw.run, "ROLLBACK")
    ways = [
        Way("raw SQL, the same statements", by_hand, left(here), begin, undo),
        Way("Bobbin", bobbin, left_by_bobbin, _begin, _undo),
        Way("raw SQL, a cascade", by_cascade, left(there), begin, undo),
    ]
    targets = [at_most(1.3), at_most(2.4, "raw SQL, a cascade")]
    return Workload("erase a member with 100,000 messages", ways, 5, targets)


def _begin() -> None:
    transaction.set_autocommit(False)


def _undo() -> None:
    transaction.rollback()
    transaction.set_autocommit(True)


def _statements_of(member: User) -> list[tuple[str, tuple]]:
    """Return the statements with which Bobbin erases a member."""
    made = []

    def note(execute, sql, params, many, context):
        made.append((sql, params))
        return execute(sql, params, many, context)

    _begin()
    with connection.execute_wrapper(note):
        member.delete()
    _undo()
    return [statement for statement in made if "SAVEPOINT" not in statement[0]]
