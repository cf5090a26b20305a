"""Signals that notifications send to dependent apps; docs/signals.md lists the receivers."""

from django.dispatch import Signal

# Sent when notifications were marked as read, in the same transaction. Sender: Notification.
# Arguments: user_id, using.
notifications_read = Signal()
