"""What one member may do in a minute (docs/decisions/0020). The key is the member whom the session proved.

Bulk import, commands and the shell are no requests, and have no limit.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chats.views.errors import too_many
from observability.limits import seconds_to_wait

# By view; anything else counts as a read or as a change, by its method. A round trip to Redis costs a tenth
# of a page from the cache, and of a send. So each process counts reads alone, and of the rest the first tenth
# of the limit, which few members exceed.
POSTS = {
    "chats:new": "sends",
    "chats:reply": "sends",
    "chats:edit": "edits",
}
READS = {"chats:search": "searches", "chats:people": "suggestions"}
UNLIMITED = {"accounts:logout"}


class MemberLimitsMiddleware:
    """Answers 429 to a member who does something too often; behind the middleware that knows who asks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

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
    """Which limit a request counts for."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return READS.get(view_name, "reads")
    return POSTS.get(view_name, "changes")
