"""What is left of a member in the tables of accounts once the member is deleted."""

from functools import partial

from axes.models import AccessAttempt, AccessAttemptExpiration
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction

from accounts.models import Session, User
from accounts.sessions import SessionStore
from observability import metrics


def erase_account_rows(user: User, using: str) -> None:
    """Delete the sessions, the failed log-ins and the admin's log of `user`: five statements at any size."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Session._meta.db_table} WHERE user_id = %s RETURNING session_key", [user.pk]
        )
        keys = [key for (key,) in cursor.fetchall()]
    transaction.on_commit(partial(_forget_sessions, keys), using=using, robust=True)
    transaction.on_commit(metrics.ERASED.inc, using=using, robust=True)
    # Raw, since the collector would load each row that somebody who guesses passwords has caused.
    attempts = AccessAttempt.objects.using(using).filter(username__iexact=user.username)
    AccessAttemptExpiration.objects.using(using).filter(access_attempt__in=attempts)._raw_delete(using)
    attempts._raw_delete(using)
    # The collector has deleted what this member did; this is what was done to this member.
    kind = ContentType.objects.db_manager(using).get_for_model(User)
    LogEntry.objects.using(using).filter(content_type=kind, object_id=str(user.pk)).delete()


def _forget_sessions(keys: list[str]) -> None:
    for key in keys:
        SessionStore(key).forget()
