"""`make bench-http`: pages under load, each compared with a minimal view that sends as many bytes."""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from tqdm import tqdm

from accounts.models import User
from bench import profiles, report
from bench.staging import stage
from bench.under_load.browser import Browser
from bench.under_load.figures import HEADER, Figure, without_plain
from bench.under_load.servers import THREADS, WORKERS, Stack, Web
from bench.under_load.slices import SECONDS, Load, WrongAnswersError
from bench.under_load.visits import BROWSERS, Kind, Member, every_browser, kinds, mixed
from messaging.models import Message
from tests.support.audit import audit

SIZE = 500_000
ROUNDS = 8
MOST_MEMORY = {"pss": 150, "rss": 235}  # MiB of both workers together.
NOTE = """
{browsers} browsers in a closed loop send requests from another process. They renew each connection after 30
to 70 requests. gunicorn has {workers} workers of {threads} threads and settings as in production;
PostgreSQL waits for the disk. Every response is checked: its member, its rows, its messages. The member has
500 counterparts and {messages:,} messages; in the last row, sixteen other members send and read. Each slice
of {seconds} s is followed by one of each floor, so that other work of the machine affects all three. Ratios
and times are medians over {rounds} slices, percentiles are over all requests.
"""
CONNECTIONS = """
The same pages from four gunicorns in turn, each beside its own floor. They differ in the connection that a
request uses: each thread keeps one (`persistent`, as in Bobbin), psycopg's pool lends one (`pool`), each
request opens one (`new`), or each thread keeps one without prepared statements (`unprepared`), as behind a
pooler in transaction mode. Compare the requests per second; the floor makes one query.
"""


@dataclass(frozen=True)
class Floors:
    """A member for the floor, and the server of the plain floor with the cookie of its user."""

    member: Member
    plain: tuple[Web, str] | None = None  # None: it is left out.

    def measure(self, load: Load, web: Web, port: int, kind: Kind, figure: Figure) -> None:
        """Run a slice of the work and one of each floor."""
        figure.took += load.time(web, port, kind.visits, figure.work)
        floor = self.member.floor(figure.size)
        load.time(web, port, every_browser(floor), figure.floor)
        if self.plain:
            plain, cookie = self.plain
            load.time(plain, plain.port, every_browser(floor | {"cookie": cookie}), figure.plain)


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
            section, text = "connections", _connections(stack, load, member, work, rounds // 2 or 1)
        elif arguments.profiles:
            section, text = "profiles", profiles.measure(stack, load, staged, arguments.rounds)
        else:
            section, text = "under load", _pages(stack, load, member, [*work, mixed(staged)], rounds)
        found = audit(load.acknowledged, after=latest)
    print(f"\n{found}")
    if not found.is_clean:
        raise WrongAnswersError("Not every acknowledged message is where it belongs.")
    if not arguments.no_write and not arguments.only:
        report.write(section, f"{report.machine('gunicorn')} {size:,} messages.\n{text}\n{found}")


def _pages(stack: Stack, load: Load, member: Member, work: list[Kind], rounds: int) -> str:
    web, floors = stack.web(), Floors(member, stack.plain())
    direct = _rows(load, web, web.port, floors, work, rounds)
    note = NOTE.format(
        browsers=BROWSERS, workers=WORKERS, threads=THREADS, rounds=rounds, seconds=SECONDS,
        messages=_messages_of(member),
    )  # fmt: skip
    parts = [note, report.table(HEADER, direct), "\n" + report.counted(direct)]
    port = stack.nginx(web)
    if port:
        rows = _rows(load, web, port, Floors(member), work, rounds // 2 or 1)
        table = report.table(without_plain(HEADER), [without_plain(row) for row in rows])
        parts.append("\nThe same through nginx, and the floor too:\n\n" + table)
    else:
        parts.append("\nThere is no nginx here; where there is one, the same is measured through it.")
    parts.append(_memory(web))
    print("\n" + "\n".join(parts[1:]))
    return "\n".join(parts)


def _memory(web: Web) -> str:
    used = web.memory()
    said = (
        f"{used[kind]:.0f} MiB {kind.upper()} (at most {most}: "
        f"{'reached' if used[kind] <= most else 'missed'})"
        for kind, most in MOST_MEMORY.items()
    )
    return f"\nMemory of the {WORKERS} workers after it: {', '.join(said)}."


def _connections(stack: Stack, load: Load, member: Member, work: list[Kind], rounds: int) -> str:
    """Measure the same pages with gunicorns that use different kinds of database connections."""
    ways = ("persistent", "pool", "new", "unprepared")
    webs, floors, rows = {way: stack.web(way) for way in ways}, Floors(member), []
    for kind in work:
        figures = {way: _figure(web, member, kind) for way, web in webs.items()}
        for _ in tqdm(range(rounds), desc=kind.title, unit="round", leave=False):
            for way, web in webs.items():
                floors.measure(load, web, web.port, kind, figures[way])
        rows += [[way, *without_plain(figures[way].row(kind))[:-1]] for way in ways]
    header = ["connections", *without_plain(HEADER)[:-1]]
    text = f"{CONNECTIONS}\n{report.table(header, rows)}\n"
    print("\n" + text)
    return text


def _rows(load: Load, web: Web, port: int, floors: Floors, work: list[Kind], rounds: int) -> list[list[str]]:
    figures = [(kind, _figure(web, floors.member, kind)) for kind in work]
    for _ in tqdm(range(rounds), desc="under load", unit="round", leave=False):
        for kind, figure in figures:
            floors.measure(load, web, port, kind, figure)
    return [figure.row(kind) for kind, figure in figures]


def _figure(web: Web, member: Member, kind: Kind) -> Figure:
    """Return a Figure with the size of the response and its number of queries, which only staff can see."""
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
    queries = (headers.get("X-Query-Count") or "").partition("/")[0]
    for _ in range(2):  # The second response to a visit that revalidates its page has no body.
        body = browser.fetch(web.port, visit)[2]
    return Figure(len(body), queries)


def _messages_of(member: Member) -> int:
    return Message.objects.visible_to(member.user).count()
