"""Erases the notifications of a user, and those that others received for this user's messages.

It runs before messaging erases the messages, because it finds the rows by them. In the wrong order the commit
fails, and no data is lost.
"""

from django.utils.translation import gettext as _

from accounts.erasure_phases import MOST_COUNTED, erasure_phase
from accounts.models import User
from messaging.models import Conversation, Message
from messaging.statements import execute
from notifications.models import Notification

ERASE = f"""
DELETE FROM notifications_notification
WHERE user_id = %(user)s OR message_id IN (
  SELECT m.id FROM {Message._meta.db_table} m JOIN {Conversation._meta.db_table} c ON c.id = m.conversation_id
  WHERE c.low_id = %(user)s OR c.high_id = %(user)s
)
"""


def count_notifications(user: User) -> dict[str, int]:
    return {_("Notifications"): Notification.objects.for_user(user)[: MOST_COUNTED + 1].count()}


@erasure_phase("notifications", Notification, count=count_notifications)
def erase_notifications(user: User, using: str) -> None:
    """Delete the notifications in one statement."""
    execute(using, ERASE, {"user": user.pk})
