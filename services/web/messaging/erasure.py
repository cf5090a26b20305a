"""What is left of a member in the tables of messaging once the member is deleted.

Set-based SQL: the number of statements is the same for one message and for a million, and no row comes here.
"""

from django.db import connections

THEIRS = "SELECT id FROM messaging_conversation WHERE low_id = %(user)s OR high_id = %(user)s"
THEIR_MESSAGES = f"SELECT id FROM messaging_message WHERE conversation_id IN ({THEIRS})"

# Whoever is writing to this member right now is waited for; whoever comes later finds the member gone. The
# member first, as every writer does: no conversation can be opened any more when they are looked up.
# An erasure takes the time it takes: the limit of a page would stop it at the same place for ever.
LOCK = [
    "SELECT set_config('statement_timeout', '0', true) FROM accounts_user WHERE id = %(user)s FOR UPDATE",
    f"SELECT count(*) FROM ({THEIRS} ORDER BY id FOR UPDATE) AS locked",
]

ERASE = [
    f"DELETE FROM messaging_messagehistory WHERE message_id IN ({THEIR_MESSAGES})",
    "UPDATE messaging_messagehistory SET edited_by_id = NULL WHERE edited_by_id = %(user)s",
    f"DELETE FROM messaging_message WHERE conversation_id IN ({THEIRS})",
    f"""
    WITH sides AS (DELETE FROM messaging_participant WHERE conversation_id IN ({THEIRS}))
    DELETE FROM messaging_conversation WHERE low_id = %(user)s OR high_id = %(user)s
    """,
]

COUNT = f"""
SELECT
  (SELECT count(*) FROM messaging_message WHERE conversation_id IN ({THEIRS}) AND sender_id = %(user)s),
  (SELECT count(*) FROM messaging_message WHERE conversation_id IN ({THEIRS}) AND receiver_id = %(user)s),
  (SELECT count(*) FROM ({THEIRS}) AS conversations)
"""


def lock_conversations(user_id: int, using: str) -> None:
    _run(using, LOCK, user_id)


def erase_messages(user_id: int, using: str) -> None:
    """Delete the conversations of a member, with everything that both people wrote in them."""
    _run(using, ERASE, user_id)


def count_messages(user_id: int, using: str = "default") -> dict[str, int]:
    """What `erase_messages` would delete."""
    with connections[using].cursor() as cursor:
        cursor.execute(COUNT, {"user": user_id})
        sent, received, conversations = cursor.fetchone()
    return {"messages you sent": sent, "messages you received": received, "conversations": conversations}


def _run(using: str, statements: list[str], user_id: int) -> None:
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"user": user_id})
