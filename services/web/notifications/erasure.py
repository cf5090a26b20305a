"""The notifications of a member who is deleted, and those that others have of this member's messages.

Runs before messaging erases the messages (INSTALLED_APPS lists dependents first): after them, nothing would
tell which notifications spoke of them. In the wrong order the commit fails and nothing is lost.
"""

from django.db import connections

ERASE = """
DELETE FROM notifications_notification
WHERE user_id = %(user)s OR message_id IN (
  SELECT m.id FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id
  WHERE c.low_id = %(user)s OR c.high_id = %(user)s
)
"""


def erase_notifications(user_id: int, using: str) -> None:
    """Delete them by one statement, whatever their number."""
    with connections[using].cursor() as cursor:
        cursor.execute(ERASE, {"user": user_id})
