"""What Redis holds of another database is deleted before web and events start.

After a restore a session, a page or a count of before would be served from Redis for minutes.
"""

import logging

from django.db import connection
from redis.exceptions import RedisError

from chats.cache import cache

KEY = "database"
# A restore of a dump makes another database (oid), `initdb` another system identifier, a recovery or a
# failover another timeline. A restart changes none of them. A volume that is put back has a smaller position
# in the write-ahead log.
IDENTITY = """
SELECT concat_ws(' ', oid, (SELECT system_identifier FROM pg_control_system()),
  CASE WHEN pg_is_in_recovery() THEN (SELECT lpad(to_hex(timeline_id), 8, '0') FROM pg_control_checkpoint())
    ELSE lower(left(pg_walfile_name(pg_current_wal_flush_lsn()), 8)) END),
  (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END
    - '0/0'::pg_lsn)::bigint
FROM pg_database WHERE datname = current_database()
"""

log = logging.getLogger(__name__)


def forget_another_database() -> bool:
    """Delete what this release has in Redis, unless it is of this database; return whether it was deleted."""
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
    """Return whether what Redis holds is of this database, and of no later state of it."""
    match cache.get(KEY):
        case [str(known), int(reached)]:
            return known == identity and reached <= position
    return False
