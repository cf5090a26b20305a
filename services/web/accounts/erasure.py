"""Erasure of a user's rows in the tables of accounts and django-axes, and in the admin log."""

from axes.models import AccessFailureLog
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connections

from accounts.erasure_phases import erasure_phase
from accounts.login_throttling import counted
from accounts.models import Erasure, Session, User
from caching.transactions import on_commit
from observability import metrics

# The admin log entry of the deletion contains the id of the acting user. It must be read before the collector
# deletes the entries made by the erased user, because both can be the same user.
RECORD = f"""
INSERT INTO {Erasure._meta.db_table} (user_id, erased_at, erased_by_id)
SELECT u.id, now(), COALESCE(%(by)s::bigint, (
  SELECT user_id FROM {LogEntry._meta.db_table}
  WHERE content_type_id = %(kind)s AND object_id = u.id::text AND action_flag = {DELETION}
  ORDER BY id DESC LIMIT 1
))
FROM {User._meta.db_table} u WHERE u.id = %(user)s ON CONFLICT DO NOTHING
"""

# Delete the log entries about the erased user, and keep the entry of the deletion without the name. Log
# entries about rows of django-axes contain the name that was tried, so they lose it too.
CLEAN_ADMIN_LOG = f"""
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


@erasure_phase("record")
def record_erasure(user: User, using: str) -> None:
    """Insert the erasure record: the id of `user`, the time and the id of the acting user.

    It is part of the transaction that deletes the user.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(RECORD, _values(user, using) | {"by": user.erased_by_id})


def _values(user: User, using: str) -> dict[str, int]:
    kind = ContentType.objects.db_manager(using).get_for_model(User)
    return {"user": user.pk, "kind": kind.pk}


@erasure_phase("account", Session)
def erase_account_rows(user: User, using: str) -> None:
    """Delete the sessions, failed log-ins and admin log entries of `user` in four statements or fewer."""
    Session.end("user_id = %s", [user.pk], using)
    on_commit(using, metrics.ERASED.inc)
    # `_raw_delete`, because the collector would load every row, and an attack can create very many.
    AccessFailureLog.objects.using(using).filter(username=counted(user.username))._raw_delete(using)
    # The collector has deleted the log entries made by this user, but not those about this user.
    with connections[using].cursor() as cursor:
        cursor.execute(CLEAN_ADMIN_LOG, _values(user, using) | {"name": user.username})
