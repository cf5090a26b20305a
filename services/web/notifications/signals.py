"""What notifications tell the apps that depend on them; docs/signals.md lists who listens."""

from django.dispatch import Signal

# Sent when a member has seen notifications, in the same transaction. Sender: Notification.
# Arguments: user_id, using.
notifications_read = Signal()
