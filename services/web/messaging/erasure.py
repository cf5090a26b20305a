"""Erasure of a user's rows in the tables of messaging.

The SQL is set-based: the number of statements does not depend on the number of rows, and no row is loaded.
"""

from django.utils.translation import gettext as _

from accounts.erasure_phases import MOST_COUNTED, erasure_phase
from accounts.models import User
from messaging.models import Conversation, Message, MessageHistory, Participant, Thread
from messaging.statements import USERS, execute

CONVERSATIONS = "SELECT id FROM messaging_conversation WHERE low_id = %(user)s OR high_id = %(user)s"
THEIR_MESSAGES = f"SELECT id FROM messaging_message WHERE conversation_id IN ({CONVERSATIONS})"

# The locks wait for transactions that write to this user. Later transactions find that the user is gone.
# Lock the user first, like every writer, so that no conversation can be opened after this selection.
# Disable the statement timeout: the limit for pages would cancel a large erasure at every attempt.
LOCK = [
    f"SELECT set_config('statement_timeout', '0', true) FROM {USERS} WHERE id = %(user)s FOR UPDATE",
    f"SELECT count(*) FROM ({CONVERSATIONS} ORDER BY id FOR UPDATE) AS locked",
]

ERASE = [
    f"DELETE FROM messaging_messagehistory WHERE message_id IN ({THEIR_MESSAGES})",
    "UPDATE messaging_messagehistory SET edited_by_id = NULL WHERE edited_by_id = %(user)s",
    f"""
    WITH threads AS (DELETE FROM messaging_thread WHERE low_id = %(user)s OR high_id = %(user)s)
    DELETE FROM messaging_message WHERE conversation_id IN ({CONVERSATIONS})
    """,
    f"""
    WITH sides AS (DELETE FROM messaging_participant WHERE conversation_id IN ({CONVERSATIONS}))
    DELETE FROM messaging_conversation WHERE low_id = %(user)s OR high_id = %(user)s
    """,
]

COUNT = f"""
SELECT
  (SELECT count(*) FROM (SELECT FROM messaging_message WHERE sender_id = %(user)s LIMIT %(most)s) AS sent),
  (SELECT count(*) FROM ({CONVERSATIONS} LIMIT %(most)s) AS conversations),
  (SELECT count(*) FROM ({THEIR_MESSAGES} LIMIT %(most)s) AS messages)
"""


@erasure_phase("lock")
def lock_conversations(user: User, using: str) -> None:
    for statement in LOCK:
        execute(using, statement, {"user": user.pk})


def count_messages(user: User) -> dict[str, int]:
    """Return the number of rows that `erase_messages` would delete, by label."""
    [counts] = execute("default", COUNT, {"user": user.pk, "most": MOST_COUNTED + 1})
    labels = _("Messages you sent"), _("Conversations"), _("Messages in these conversations")
    return dict(zip(labels, counts, strict=True))


@erasure_phase("messages", MessageHistory, Thread, Message, Participant, Conversation, count=count_messages)
def erase_messages(user: User, using: str) -> None:
    """Delete the conversations of a user, with the messages of both participants."""
    for statement in ERASE:
        execute(using, statement, {"user": user.pk})
