"""What messaging tells the apps that depend on it; docs/signals.md lists who listens."""

from django.dispatch import Signal

# Sent by `bulk_create`, in its transaction. Sender: Message. Arguments: messages (list), using.
messages_created_in_bulk = Signal()

# Sent when a member has read messages, in the same transaction. Sender: Message.
# Arguments: reader_id, writer_ids (whose messages changed), conversation_id (None: of all conversations),
# first and last (ids, both included), thread (id or None), ids (exactly these messages; None: all from first
# to last), using.
messages_read = Signal()
