"""Rate limits of each user per minute (docs/decisions/0020). The session identifies the user.

Bulk import, management commands and the shell have no limit, because they make no requests.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from caching.rate_limits import seconds_to_wait
from chats.views.errors import too_many

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


class MemberLimitsMiddleware(MiddlewareMixin):
    """Middleware that returns 429 to a user who exceeds a limit.

    It must come after the middleware that sets `request.user`.
    """

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in UNLIMITED or match.app_name == "admin":
            return None
        kind = kind_of(request.method or "", match.view_name)
        limit = settings.MEMBER_LIMITS[kind]
        if not limit or not request.user.is_authenticated:
            return None
        key = f"{kind}:{request.user.pk}"
        wait = seconds_to_wait(key, limit, shared=kind != "reads", unshared=limit // 10)
        return too_many(request, wait) if wait else None


def kind_of(method: str, view_name: str) -> str:
    """Return the kind of limit that a request counts towards."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return READS.get(view_name, "reads")
    return POSTS.get(view_name, "changes")
