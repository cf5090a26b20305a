"""Writes the long conversations of the pages under load. All their messages are read."""

import random

from accounts.models import User
from bench.staging import WORDS
from messaging.models import Message

MESSAGES = 1_000


def thread(member: User, counterpart_id: int) -> list[Message]:
    """Write a message with 1,000 replies, each to an earlier one, and return them."""
    order = random.Random(0)
    written: list[Message] = []
    for n in range(MESSAGES + 1):
        parent = order.choice(written) if written else None
        written.append(_message(order, member, counterpart_id, n, parent))
    return Message.objects.bulk_create(written)


def conversation(member: User, counterpart_id: int) -> None:
    """Write 1,000 messages without replies. Opening the conversation then marks nothing as read."""
    order = random.Random(1)
    Message.objects.bulk_create(_message(order, member, counterpart_id, n, None) for n in range(MESSAGES))
    new = Message.unread.for_user(member).filter(sender=counterpart_id)
    Message.objects.mark_seen(member, list(new.values_list("pk", flat=True)))


def _message(
    order: random.Random, member: User, counterpart_id: int, number: int, parent: Message | None
) -> Message:
    sender, receiver = order.sample([member.pk, counterpart_id], 2)
    text = (WORDS * 4)[: 20 + number * 37 % 280].strip()
    return Message(sender_id=sender, receiver_id=receiver, content=text, parent_message=parent, read=True)
