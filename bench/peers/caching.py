"""Repeated reads of the same rows from the cache of a package. Each package patches Django globally.

So bench/work.py runs this module in a separate process for each, and parses the printed figures.
"""

import json
import os
import signal
import sys

PACKAGES = {"django-cachalot": "cachalot", "django-cacheops": "cacheops"}


def main(package: str, stage: dict[str, int], rounds: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback.
    os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.peers.caching_settings", "BENCH_APPS": PACKAGES[package]}
    import django

    django.setup()

    from accounts.models import User
    from bench import report
    from bench.measure import Way, measure
    from bench.workloads import lists, thread
    from chats.pages import INBOX_SIZE, ONE_MORE, PAGE_SIZE
    from messaging.models import Message, Participant
    from messaging.threads import ThreadRow, flatten

    reader = User.objects.get(pk=stage["inbox"])
    receiver = User.objects.get(pk=stage["unread"])
    root = stage["thread_of_1000"]

    def kept(rows):
        return list(rows.cache() if package == "django-cacheops" else rows)

    def inbox():
        return kept(Participant.objects.inbox_rows(reader)[: INBOX_SIZE + 1])[:INBOX_SIZE]

    def unread():
        return kept(Message.unread.for_user(receiver).for_list()[:ONE_MORE])[:PAGE_SIZE]

    def whole():
        rows = Message.objects.in_thread(root).order_by("pk")
        return flatten(kept(rows.values_list(*ThreadRow._fields, named=True)))

    def plain(rows):
        return [tuple(row) for row in rows]

    lines = []
    for workload, fetch, content in (
        (lists.unread(receiver), unread, plain),
        (lists.inbox(reader), inbox, plain),
        (thread.whole(thread.TITLE_OF_1000, root), whole, thread.content),
    ):
        workload.ways.append(Way(f"{package}, from its cache", fetch, content))
        workload.targets = ()  # The targets apply to the process without the package.
        lines += report.work(workload, measure(workload, rounds))
    print(json.dumps(lines))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
