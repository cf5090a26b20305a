"""`manage.py check_cached_pages`: run the privacy probe, once or periodically."""

import argparse
import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from probe.probe import check
from probe.report import OK, Report

LEVELS = {0: logging.INFO, 1: logging.ERROR, 2: logging.WARNING}
RUNBOOK = "What to do: docs/runbooks/privacy-probe.md"
SHOWN = 20

log = logging.getLogger("probe.probe")


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 10:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 10")
    return int(text)


class Command(BaseCommand):
    help = (
        "Request the pages of a running Bobbin as four synthetic members and compare them. Each member must "
        "get only their own pages, and each change at once. The exit status is 0 if this is so, 1 if a page "
        "is stale or shows data of another member, 2 if this could not be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="address of the site (default: %(default)s)"
        )
        parser.add_argument("--host", help="host name of the site, if --url has another one")
        parser.add_argument(
            "--every", type=_seconds, metavar="SECONDS", help="repeat until SIGTERM, and log the results"
        )

    def handle(self, *, url: str, host: str | None, every: int, **options: Any) -> None:
        if every:
            return self._go_on(url, host, every)
        report = check(url, host)
        if report.outcome != OK:
            raise CommandError("\n".join([*_some(report), RUNBOOK]), returncode=report.outcome)
        self.stdout.write(report.lines()[0])
        return None

    def _go_on(self, url: str, host: str | None, every: int) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        while not ended.is_set():
            close_old_connections()  # PostgreSQL may have restarted.
            report = check(url, host)
            for line in _some(report):
                log.log(LEVELS[report.outcome], "privacy probe: %s", line)
            ended.wait(every)


def _some(report: Report) -> list[str]:
    lines = report.lines()
    more = [f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more
