"""What is left of a member in the tables of accounts once the member is deleted."""

from axes.models import AccessFailureLog
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.models import Q

from accounts.guessing import counted
from accounts.models import Erasure, Session, User
from accounts.sessions import SessionStore
from observability import metrics
from observability.transactions import on_commit

# The deletion's entry in the admin's log names who deletes. Read before the collector deletes the entries of
# this member, who may be the one who deletes.
RECORD = f"""
INSERT INTO {Erasure._meta.db_table} (user_id, erased_at, erased_by_id)
SELECT u.id, now(), COALESCE(%(by)s::bigint, (
  SELECT user_id FROM {LogEntry._meta.db_table}
  WHERE content_type_id = %(kind)s AND object_id = u.id::text AND action_flag = {DELETION}
  ORDER BY id DESC LIMIT 1
))
FROM {User._meta.db_table} u WHERE u.id = %(user)s ON CONFLICT DO NOTHING
"""

# What was done to this member goes, the entry of the deletion stays without the name. axes names a failed
# log-in after the name that was tried.
FORGET = f"""
WITH gone AS (
  DELETE FROM {LogEntry._meta.db_table}
  WHERE content_type_id = %(kind)s AND object_id = %(user)s::text AND action_flag <> {DELETION}
), tried AS (
  UPDATE {LogEntry._meta.db_table} SET object_repr = 'Failed log-in'
  WHERE content_type_id IN (SELECT id FROM {ContentType._meta.db_table} WHERE app_label = 'axes')
    AND starts_with(upper(object_repr), upper('Failed access: user ' || %(name)s || ' '))
)
UPDATE {LogEntry._meta.db_table} SET object_repr = 'Member ' || object_id, change_message = ''
WHERE content_type_id = %(kind)s AND object_id = %(user)s::text AND action_flag = {DELETION}
"""


def record_erasure(user: User, using: str) -> None:
    """Record the id of `user`, the time, and the id of who erases, in the transaction of the erasure."""
    with connections[using].cursor() as cursor:
        cursor.execute(RECORD, _values(user, using) | {"by": user.erased_by_id})


def _values(user: User, using: str) -> dict[str, int]:
    kind = ContentType.objects.db_manager(using).get_for_model(User)
    return {"user": user.pk, "kind": kind.pk}


def erase_account_rows(user: User, using: str) -> None:
    """Delete the sessions, the failed log-ins and the admin's log of `user`: four statements at any size."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Session._meta.db_table} WHERE user_id = %s RETURNING session_key", [user.pk]
        )
        keys = [key for (key,) in cursor.fetchall()]
    on_commit(using, _forget_sessions, keys)
    on_commit(using, metrics.ERASED.inc)
    # Raw, since the collector would load each row that somebody who guesses passwords has caused.
    # Until an hour after an upgrade some are kept under the name itself.
    kept = Q(username=counted(user.username)) | Q(username__iexact=user.username)
    AccessFailureLog.objects.using(using).filter(kept)._raw_delete(using)
    # The collector has deleted what this member did; this is what was done to this member.
    with connections[using].cursor() as cursor:
        cursor.execute(FORGET, _values(user, using) | {"name": user.username})


def _forget_sessions(keys: list[str]) -> None:
    for key in keys:
        SessionStore(key).forget()
