"""Reading the same rows again, from the cache of a package. Each changes Django for everybody: one a process.

`python tests/bench work` starts this file once for each package, and reads the figures from its output.
"""

import json
import os
import sys
from pathlib import Path

PACKAGES = {"django-cachalot": "cachalot", "django-cacheops": "cacheops"}


def main(package: str, stage: dict[str, int], rounds: int) -> None:
    bench = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(bench), str(bench.parents[1] / "services" / "web")]
    os.environ |= {"DJANGO_SETTINGS_MODULE": "peers.caching_settings", "BENCH_APPS": PACKAGES[package]}
    import django

    django.setup()

    from measure import Way, measure
    from workloads import lists

    from accounts.models import User
    from chats.pages import INBOX_SIZE, ONE_MORE, PAGE_SIZE
    from messaging.models import Message, Participant

    reader = User.objects.get(pk=stage["inbox"])
    receiver = User.objects.get(pk=stage["unread"])

    def inbox():
        rows = Participant.objects.inbox_rows(reader)[: INBOX_SIZE + 1]
        return list(rows.cache() if package == "django-cacheops" else rows)[:INBOX_SIZE]

    def unread():
        rows = Message.unread.for_user(receiver).for_list()[:ONE_MORE]
        return list(rows.cache() if package == "django-cacheops" else rows)[:PAGE_SIZE]

    figures = []
    for workload, ask in ((lists.unread(receiver), unread), (lists.inbox(reader), inbox)):
        theirs = Way(f"{package}, from its cache", ask, lambda rows: [tuple(row) for row in rows])
        workload.ways.append(theirs)
        measured = measure(workload, rounds)
        limit, figure = measured[workload.ways[0].name], measured[theirs.name]
        figures.append(
            {
                "title": workload.title,
                "name": theirs.name,
                "seconds": figure.median,
                "ratio": figure.median / limit.median,
                "queries": figure.queries or 0,
            }
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
