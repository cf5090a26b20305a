"""Signals that messaging sends to the apps that depend on it; docs/signals.md lists their receivers."""

from datetime import datetime
from typing import NamedTuple

from django.dispatch import Signal

# Sent by `bulk_create`, in its transaction. Sender: Message. Arguments: messages (list), using.
messages_created_in_bulk = Signal()

# Sent when messages are marked as read, in the same transaction. Sender: Message. Arguments: read, using.
messages_read = Signal()


class Read(NamedTuple):
    """The messages that a user has read: some of one conversation, or all up to the id `up_to`."""

    reader_id: int
    writer_ids: list[int]  # The senders of the messages.
    at: datetime
    up_to: int
    conversation_id: int | None = None  # None: in all conversations.
    ids: list[int] | None = None  # Exactly these messages of the conversation. None: all of them.
