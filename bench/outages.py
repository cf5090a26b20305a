"""`make bench-outages`: response times while Redis is stopped, frozen or silent, and after its return."""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from django.core.cache import caches
from django.core.management import call_command
from tqdm import tqdm

from bench import report
from bench.staging import stage
from bench.under_load.browser import Browser
from bench.under_load.servers import Stack
from bench.under_load.slices import Load
from bench.under_load.visits import Member, mixed
from tests.support.harmed_valkey import HARMS, Server, until

SIZE = 100_000
ROUNDS = 2
SECONDS = 1.0
SLICES = 6  # In each phase: before, during and after the outage.
BACK_WITHIN = 10
HEADER = ["Redis is", "p50 ms", "p95 ms", "p95 against normal", "slowest ms", "requests/s", "in use again"]
DOC = report.DOC.with_name("operations.md")
NOTE = """
Sixteen members with one browser each read and write all the time; gunicorn has 2 workers of 4 threads. Every
answer was checked, and none was an error. In "the first second" the circuit breakers open: each thread that
calls Redis waits 200 ms for the time-out. "In use again" is the time from the return of Redis until a page
came from the cache. {rounds} runs of {slices} seconds each.
"""


class TooSlowError(Exception):
    """The cache was not used again in time."""


class Phases:
    """The seconds of requests, by the state of Redis."""

    def __init__(self, load: Load, port: int, visits: list[list[dict]], member: Member) -> None:
        self.load, self.port, self.visits, self.member = load, port, visits, member
        self.took: dict[str, list[float]] = {}
        self.rates: dict[str, list[float]] = {}
        self.back: dict[str, list[float]] = {}

    def run(self, name: str, slices: int) -> None:
        for _ in range(slices):
            done = self.load.slice(self.port, self.visits, SECONDS)
            self.took.setdefault(name, []).extend(done.took)
            self.rates.setdefault(name, []).append(done.rate)

    def outage(self, server: Server, kind: str) -> None:
        harm, revert = HARMS[kind]
        self.run("normal", SLICES)
        harm(server)
        self.run(f"{kind}, the first second", 1)
        self.run(kind, SLICES)
        revert(server)
        until(server.answers)
        began = time.monotonic()
        browser = Browser()
        while browser.fetch(self.port, self.member.inbox())[1].get("X-Cache") != "hit":
            if time.monotonic() - began > BACK_WITHIN:
                raise TooSlowError(f"{kind}: no page from the cache {BACK_WITHIN} s after Redis was back")
        self.back.setdefault(kind, []).append(time.monotonic() - began)
        self.run("back", SLICES)

    def rows(self) -> list[list[str]]:
        normal = _p95(self.took["normal"])
        return [
            [
                name,
                f"{statistics.median(took) * 1000:.0f}",
                f"{_p95(took) * 1000:.0f}",
                f"{_p95(took) / normal:.2f}" + ("" if "first" in name else " (at most 2)"),
                f"{max(took) * 1000:.0f}",
                f"{statistics.mean(self.rates[name]):.0f}",
                f"{max(self.back[name]):.1f} s" if name in self.back else "",
            ]
            for name, took in self.took.items()
        ]


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def main(arguments: argparse.Namespace) -> None:
    staged = stage(arguments.size or SIZE)
    call_command("collectstatic", verbosity=0, interactive=False)
    rounds = arguments.rounds or ROUNDS
    with (
        tempfile.TemporaryDirectory(prefix="bobbin-outages-", dir="/tmp") as folder,
        Stack(Path(folder)) as stack,
    ):
        server = Server(Path(folder))
        server.start()
        stack.callback(server.stop)
        location = os.environ["REDIS_URL"] = f"unix://{server.socket}?db=0"
        caches.settings["default"]["LOCATION"] = location
        web = stack.web()
        visits = mixed(staged).visits
        phases = Phases(Load(stack.browsers()), web.port, visits, Member(staged.unread))
        phases.load.warm_up(web.port, visits)
        for _ in tqdm(range(rounds), desc="outages", unit="round"):
            for kind in ("stopped", "frozen", "silent"):
                phases.outage(server, kind)
    text = f"{report.table(HEADER, phases.rows())}\n{NOTE.format(rounds=rounds, slices=SLICES)}"
    print("\n" + text)
    if not arguments.no_write:
        report.write("outages of Redis", f"{report.machine('gunicorn')}\n\n{text}", DOC)
