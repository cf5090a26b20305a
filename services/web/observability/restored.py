"""What Redis holds of another database is deleted before web and events start.

After a restore a session, a page or a count of before would be served from Redis for minutes.
"""

import logging

from django.core.cache import cache as proxy
from django.db import connection
from redis.exceptions import RedisError

KEY = "database"
# A restore makes another database; a volume that is lost or recovered, another start of the server.
IDENTITY = """
SELECT oid || ' ' || pg_postmaster_start_time() FROM pg_database WHERE datname = current_database()
"""

log = logging.getLogger(__name__)


def forget_another_database() -> bool:
    """Delete what this release has in Redis, unless it is of this database; return whether it was deleted."""
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        [identity] = cursor.fetchone()
    if proxy.get(KEY) == identity:
        return False
    try:
        proxy.delete_pattern("*")  # type: ignore[attr-defined]
    except (RedisError, OSError) as error:
        log.warning("Redis is away; if the database was restored, empty Redis: %s", error)
        return False
    proxy.set(KEY, identity, timeout=None)
    return True
