"""Signals that messaging sends to the apps that depend on it; docs/signals.md lists their receivers."""

from django.dispatch import Signal

# Sent by `bulk_create`, in its transaction. Sender: Message. Arguments: messages (list), using.
messages_created_in_bulk = Signal()

# Sent when messages are marked as read, in the same transaction. Sender: Message.
# Arguments: reader_id, writer_ids (the senders of the messages), conversation_id (None: all conversations),
# first and last (message ids, both included), thread (id or None), ids (exactly these messages; None: all
# messages from first to last), using.
messages_read = Signal()
