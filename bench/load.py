"""`make bench-http`: pages under load, each compared with a minimal view that sends as many bytes."""

import argparse
import statistics
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.core.management import call_command
from tqdm import tqdm

from accounts.models import User
from bench import report
from bench.staging import stage
from bench.under_load.clients import Browser
from bench.under_load.servers import THREADS, WORKERS, Browsers, Stack, Web
from bench.under_load.visits import BROWSERS, Kind, Member, kinds, mixed
from messaging.models import Message
from tests.support.audit import Sent, audit

SIZE = 500_000
ROUNDS = 8
SECONDS, WARM_UP = 1.0, 0.15
MOST_MEMORY = 235  # MiB of both workers together.
HEADER = [
    "work", "bytes", "requests/s", "floor", "of the floor", "p50 ms", "p95 ms", "p99 ms", "queries", "CPU ms",
]  # fmt: skip
NOTE = """
{browsers} browsers in a closed loop send requests from another process. They renew each connection after 30
to 70 requests. gunicorn has {workers} workers of {threads} threads and settings as in production;
PostgreSQL waits for the disk. Every response is checked: its member, its rows, its messages. The member has
500 counterparts and {messages:,} messages. Each slice of a second is followed by one of the floor: a bare
Django view behind `login_required`, with the same middleware, that sends as many bytes. Medians are over
{rounds} slices, percentiles over all requests. The floor of a send is a GET without a body, although a send
is a POST with a token and a commit. "CPU ms" is the time of the workers per request. On two cores, the
browsers, PostgreSQL and Valkey use the rest of each second.
"""
CONNECTIONS = """
The same pages from four gunicorns in turn, each beside its own floor. They differ in the connection that a
request uses: each thread keeps one (`persistent`, as in Bobbin), psycopg's pool lends one (`pool`), each
request opens one (`new`), or each thread keeps one without prepared statements (`unprepared`), as behind a
pooler in transaction mode. Compare the requests per second; the floor makes one query.
"""


class WrongAnswersError(Exception):
    """A response was wrong, so its speed is meaningless."""


@dataclass
class Figure:
    """Results of the slices of one kind of work, and of those of the floor (the minimal view)."""

    size: int
    queries: str
    rates: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # CPU seconds of the workers per request.

    def row(self, kind: Kind) -> list[str]:
        ratio = statistics.median(rate / floor for rate, floor in zip(self.rates, self.floors, strict=True))
        wanted = f" (at least {kind.at_least:g})" if kind.at_least else ""
        percentiles = statistics.quantiles(self.took, n=100, method="inclusive")
        return [
            kind.title,
            f"{self.size:,}" if self.size else "",
            f"{statistics.median(self.rates):,.0f}",
            f"{statistics.median(self.floors):,.0f}",
            f"{ratio:.2f}{wanted}",
            *(f"{percentiles[percent - 1] * 1000:.0f}" for percent in (50, 95, 99)),
            self.queries,
            f"{statistics.median(self.cpu) * 1000:.2f}",
        ]


class Load:
    """Runs slices one after the other, and collects the acknowledged sends."""

    def __init__(self, browsers: Browsers) -> None:
        self.browsers = browsers
        self.acknowledged: list[Sent] = []

    def slice(self, port: int, visits: list[list[dict]], seconds: float = SECONDS) -> tuple[list[float], int]:
        """Return the seconds of each request that ended within the slice, and the number of all requests."""
        done = self.browsers.run(port, seconds, visits)
        self.acknowledged += [Sent(*sent) for sent in done["acknowledged"]]
        if done["failures"]:
            raise WrongAnswersError(f"{len(done['failures'])} answers were wrong: {done['failures'][0]}")
        return done["took"], done["asked"]

    def warm_up(self, port: int, visits: list[list[dict]]) -> None:
        """Fill the caches, and separate the next slice from earlier load.

        Each message is sent twice here, as by a double click.
        """
        warming = [[visit | {"cache": None, "again": True} for visit in each] for each in visits]
        self.slice(port, warming, WARM_UP)

    def measure(self, web: Web, port: int, kind: Kind, floor: dict, figure: Figure) -> None:
        self.warm_up(port, kind.visits)
        before = web.cpu_seconds()
        took, requested = self.slice(port, kind.visits)
        figure.cpu.append((web.cpu_seconds() - before) / requested)
        figure.rates.append(len(took) / SECONDS)
        figure.took += took
        self.warm_up(port, [[floor]] * BROWSERS)
        figure.floors.append(len(self.slice(port, [[floor]] * BROWSERS)[0]) / SECONDS)


def main(arguments: argparse.Namespace) -> None:
    size = arguments.size or SIZE
    print(f"Staging {size:,} messages ...", flush=True)
    staged = stage(size)
    call_command("collectstatic", verbosity=0, interactive=False)
    with (
        tempfile.TemporaryDirectory(prefix="bobbin-load-", dir="/tmp") as folder,
        Stack(Path(folder)) as stack,
    ):
        load = Load(stack.browsers())
        member = Member(staged.inbox)
        work = [kind for kind in kinds(member) if not arguments.only or arguments.only in kind.title]
        latest = Message.objects.latest("pk").pk
        rounds = arguments.rounds or ROUNDS
        if arguments.connections:
            text = _connections(stack, load, member, work, arguments.rounds or ROUNDS // 2)
        else:
            text = _pages(stack, load, member, [*work, mixed(staged)], rounds)
        found = audit(load.acknowledged, after=latest)
    print(f"\n{found}")
    if not found.is_clean:
        raise WrongAnswersError("Not every acknowledged message is where it belongs.")
    if not arguments.no_write and not arguments.only:
        section = "connections" if arguments.connections else "under load"
        report.write(section, f"{report.machine('gunicorn')} {size:,} messages.\n{text}\n{found}")


def _pages(stack: Stack, load: Load, member: Member, work: list[Kind], rounds: int) -> str:
    web = stack.web()
    direct = _rows(load, web, web.port, member, work, rounds)
    parts = [NOTE.format(browsers=BROWSERS, workers=WORKERS, threads=THREADS, rounds=rounds,
                         messages=_messages_of(member)), report.table(HEADER, direct)]  # fmt: skip
    port = stack.nginx(web)
    if port:
        rows = _rows(load, web, port, member, work, rounds // 2 or 1)
        parts.append("\nThe same through nginx, and the floor too:\n\n" + report.table(HEADER, rows))
    else:
        parts.append("\nThere is no nginx here; where there is one, the same is measured through it.")
    memory = web.memory()
    parts.append(
        f"\nMemory of the {WORKERS} workers after it: {memory['pss']:.0f} MiB PSS, "
        f"{memory['rss']:.0f} MiB RSS (at most {MOST_MEMORY})."
    )
    print("\n" + "\n".join(parts[1:]))
    return "\n".join(parts)


def _connections(stack: Stack, load: Load, member: Member, work: list[Kind], rounds: int) -> str:
    """Measure the same pages with gunicorns that use different kinds of database connections."""
    ways = ("persistent", "pool", "new", "unprepared")
    webs = {way: stack.web(way) for way in ways}
    rows = []
    for kind in work:
        figures = {way: _figure(web, member, kind) for way, web in webs.items()}
        for _ in tqdm(range(rounds), desc=kind.title, unit="round", leave=False):
            for way, web in webs.items():
                load.measure(web, web.port, kind, member.floor(figures[way].size), figures[way])
        rows += [[way, *figures[way].row(replace(kind, at_least=None))] for way in ways]
    text = f"{CONNECTIONS}\n{report.table(['connections', *HEADER], rows)}\n"
    print("\n" + text)
    return text


def _rows(load: Load, web: Web, port: int, member: Member, work: list[Kind], rounds: int) -> list[list[str]]:
    figures = [(kind, _figure(web, member, kind)) for kind in work]
    for _ in tqdm(range(rounds), desc="under load", unit="round", leave=False):
        for kind, figure in figures:
            load.measure(web, port, kind, member.floor(figure.size), figure)
    return [figure.row(kind) for kind, figure in figures]


def _figure(web: Web, member: Member, kind: Kind) -> Figure:
    """Return a Figure with the size of the page and its number of queries, which only staff can see."""
    visit, browser = kind.visits[0][0], Browser()
    if kind.is_mixed:
        return Figure(len(browser.fetch(web.port, member.inbox())[2]), "")
    account = User.objects.filter(pk=member.user.pk)
    account.update(is_staff=True)
    try:
        for _ in range(2):
            headers = browser.fetch(web.port, visit)[1]
    finally:
        account.update(is_staff=False)
    queries = headers["X-Query-Count"].partition("/")[0]
    return Figure(len(browser.fetch(web.port, visit)[2]), queries)


def _messages_of(member: Member) -> int:
    return Message.objects.visible_to(member.user).count()
