"""Rate limits of each user per minute (docs/decisions/0020). The session identifies the user.

Bulk import, management commands and the shell have no limit, because they make no requests.
"""

from django.conf import settings

from caching.rate_limits import seconds_to_wait

# The kind of limit for each view. Other views count as "reads" or "changes", depending on the method.
# A round trip to Redis takes about 10 % of the time of a cached page or of a send.
# Each process therefore counts reads without Redis. For the other kinds, it counts the first tenth of a limit
# without Redis. Few users exceed that number.
POSTS = {
    "chats:new": "sends",
    "chats:reply": "sends",
    "chats:edit": "edits",
}
READS = {"chats:search": "searches", "chats:people": "suggestions", "chats:find": "suggestions"}
UNLIMITED = {"accounts:logout"}


def seconds_to_next(kind: str, user_id: int, counter: str = "") -> int:
    """Count one use of this kind; return 0 if it is allowed, otherwise the seconds until the next one.

    `counter` names a count of its own with the same limit.
    """
    limit = settings.MEMBER_LIMITS[kind]
    key = f"{counter or kind}:{user_id}"
    return seconds_to_wait(key, limit, shared=kind != "reads", unshared=limit // 10)


def kind_of(method: str, view_name: str) -> str:
    """Return the kind of limit that a request counts towards."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return READS.get(view_name, "reads")
    return POSTS.get(view_name, "changes")
