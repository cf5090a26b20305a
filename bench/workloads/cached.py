"""Lists through the whole of Django, cached and uncached, compared with the unavoidable cost."""

import itertools
from operator import itemgetter

from django.core.management import call_command
from django_redis import get_redis_connection

from bench.measure import Way, Workload
from bench.staging import Stage
from bench.targets import at_most, so_many_times
from bench.under_load.visits import Member
from bench.workloads.site import PlainFloor, Site

BARE = "bare-page:"  # A plain Redis key, without the prefix of Django.
FLOOR, UNCACHED = "Django's own request and a bare Redis GET", "Bobbin, made anew"
PLAIN = "a plain Django, session and user from PostgreSQL"


def workloads(stage: Stage) -> list[Workload]:
    call_command("collectstatic", verbosity=0, interactive=False)
    site = Site(Member(stage.inbox).cookie)
    reader = Site(Member(stage.unread).cookie)
    plain = PlainFloor()
    inbox = _workload("inbox page through all of Django, 25 of 500", site, "/chats/", plain)
    inbox.targets = [*inbox.targets, so_many_times(5, UNCACHED)]
    return [
        inbox,
        _workload("unread list through all of Django, 50 rows", reader, "/chats/unread/", plain),
        _workload("notifications through all of Django", reader, "/chats/notifications/", plain),
    ]


def _workload(title: str, site: Site, path: str, plain: PlainFloor) -> Workload:
    page = site.get(path)[1]
    redis = get_redis_connection("default")
    redis.set(BARE + path, page)
    floor, new = f"/floor/{len(page)}/", map("unique={}".format, itertools.count())

    def from_cache() -> bytes:
        headers, body = site.get(path)
        assert headers["X-Cache"] == "hit"
        return body

    def request_and_bare_get() -> bytes:
        redis.get(BARE + path)
        return site.get(floor)[1]

    ways = [
        Way(FLOOR, request_and_bare_get, len),
        Way("Bobbin, from the cache", from_cache, len),
        Way(UNCACHED, lambda: site.get(path, next(new))[1], len),
        Way(PLAIN, lambda: plain.get(floor), itemgetter(1), seconds=itemgetter(0)),
        Way("Django's own request", lambda: site.get(floor)[1], len),
        Way("a bare Redis GET", lambda: redis.get(BARE + path), len),
    ]
    return Workload(title, ways, 300, [at_most(2), so_many_times(2.5, PLAIN)])
