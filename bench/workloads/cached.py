"""The inbox through the whole of Django, cached and uncached, compared with the unavoidable cost."""

import io
import itertools
import sys
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django_redis import get_redis_connection

from bench.measure import Way, Workload
from bench.staging import Stage
from bench.targets import at_most, so_many_times
from bench.under_load.visits import Member

BARE = "bare-page"  # A plain Redis key, without the prefix of Django.
FLOOR, UNCACHED = "Django's own request and a bare Redis GET", "Bobbin, made anew"


def workloads(stage: Stage) -> list[Workload]:
    call_command("collectstatic", verbosity=0, interactive=False)
    site = Site(Member(stage.inbox))
    page = site.get("/chats/")[1]
    redis = get_redis_connection("default")
    redis.set(BARE, page)
    floor, new = f"/floor/{len(page)}/", map("unique={}".format, itertools.count())

    def from_cache() -> bytes:
        headers, body = site.get("/chats/")
        assert headers["X-Cache"] == "hit"
        return body

    def request_and_bare_get() -> bytes:
        redis.get(BARE)
        return site.get(floor)[1]

    ways = [
        Way(FLOOR, request_and_bare_get, len),
        Way("Bobbin, from the cache", from_cache, len),
        Way(UNCACHED, lambda: site.get("/chats/", next(new))[1], len),
        Way("Django's own request", lambda: site.get(floor)[1], len),
        Way("a bare Redis GET", lambda: redis.get(BARE), len),
    ]
    targets = [at_most(2), so_many_times(5, UNCACHED)]
    return [Workload("inbox page through all of Django, 25 of 500", ways, 300, targets)]


class Site:
    """The WSGI application with every middleware, called without a socket."""

    def __init__(self, member: Member) -> None:
        self.cookie, self.call = member.cookie, WSGIHandler()

    def get(self, path: str, query: str = "") -> tuple[dict[str, str], bytes]:
        """Return headers and body of a response, which must have the status 200."""
        began: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            began.update(status=status, headers=dict(headers))

        response: Any = self.call(self._environ(path, query), start)
        body = b"".join(response)
        response.close()
        assert began["status"] == "200 OK", began
        return began["headers"], body

    def _environ(self, path: str, query: str) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver", "HTTP_COOKIE": self.cookie, "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
        }  # fmt: skip
