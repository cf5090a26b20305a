"""Deletes the cached entries of another database from Redis before `web` and `events` start.

Otherwise, after a restore, Redis would serve sessions, pages and counts of the old database for minutes.
"""

import logging

from django.db import connection
from redis.exceptions import RedisError

from caching.backend import cache

KEY = "database"
# Restoring a dump changes the oid of the database, `initdb` the system identifier, and a recovery or a
# failover the timeline. A restart changes none of them. A restored volume has a smaller position in the
# write-ahead log.
IDENTITY = """
SELECT concat_ws(' ', oid, (SELECT system_identifier FROM pg_control_system()),
  CASE WHEN pg_is_in_recovery() THEN (SELECT lpad(to_hex(timeline_id), 8, '0') FROM pg_control_checkpoint())
    ELSE lower(left(pg_walfile_name(pg_current_wal_flush_lsn()), 8)) END),
  (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END
    - '0/0'::pg_lsn)::bigint
FROM pg_database WHERE datname = current_database()
"""

log = logging.getLogger(__name__)


def invalidate_if_restored() -> bool:
    """Delete the entries of this release unless they are from this database; return True if deleted."""
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        identity, position = cursor.fetchone()
    is_deleted = not _is_of(identity, position)
    if is_deleted:
        try:
            cache.delete_pattern("*")
        except (RedisError, OSError) as error:
            log.warning("Redis is away; if the database was restored, empty Redis: %s", error)
            return False
    cache.set(KEY, [identity, position], timeout=None)
    return is_deleted


def _is_of(identity: str, position: int) -> bool:
    """Return whether the entries in Redis are from this database, and not from a later state of it."""
    match cache.get(KEY):
        case [str(known), int(reached)]:
            return known == identity and reached <= position
    return False
