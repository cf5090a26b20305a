"""Raw SQL: run a statement, and lock conversations.

Every transaction locks rows in the same order, so transactions cannot deadlock: users by id, then
conversations by id, then messages.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connections
from psycopg.errors import UniqueViolation

from accounts.models import User

USERS = User._meta.db_table
LOCK = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def execute(using: str, statement: str, arguments: Any) -> list[tuple[Any, ...]]:
    """Run a statement on the database `using` and return its rows."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []


def is_violation_of(unique_constraint: str, error: BaseException) -> bool:
    """Return whether PostgreSQL refused a row because of this constraint."""
    cause = error.__cause__
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == unique_constraint


def lock_conversations(conversation_ids: Iterable[int], *, using: str) -> None:
    """Lock these conversations until the transaction ends."""
    execute(using, LOCK, [list(conversation_ids)])
