"""`make bench-metrics`: compares two gunicorns, of which one records no metrics."""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management import call_command
from tqdm import tqdm

from bench import report
from bench.staging import stage
from bench.under_load.servers import Stack, Web
from bench.under_load.slices import Load, WrongAnswersError
from bench.under_load.visits import BROWSERS, Kind, Member, kinds
from caching.generations import invalidate_all
from observability import serve

SIZE = 100_000
ROUNDS = 80
SECONDS = 0.4  # Short, so that other load of the machine affects both.
AT_MOST = 0.03
TRIES = 5
WORK = ("inbox from the cache", "thread, 50 of 1,000")
HEADER = [
    "work", "requests/s without", "with", "cost", "CPU ms without", "with", "CPU cost",
]  # fmt: skip
NOTE = """
Two gunicorns, each with 2 workers of 4 threads and settings as in production, answer {browsers} browsers in
turn for {seconds} s each, {rounds} times; the first one changes from round to round. One writes all metrics
of Bobbin and of django-prometheus to files. The other one only counts queries for the budgets. "Cost" is the
median difference over the rounds, with its standard error. "CPU" is the time of the workers per request.
Every response is checked. A scrape afterwards merged {files} files ({kib:,} KiB, {series:,} series) in
{scrape:.0f} ms.
"""


@dataclass
class Way:
    """One of the two gunicorns, and the results of its slices."""

    web: Web
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, load: Load, kind: Kind) -> None:
        """Run one slice. Repeat it after wrong responses, since Redis can exceed 200 ms on a busy machine."""
        for _ in range(TRIES - 1):
            try:
                return self.try_to_run(load, kind)
            except WrongAnswersError as error:
                print(f"repeated: {error}")
        return self.try_to_run(load, kind)

    def try_to_run(self, load: Load, kind: Kind) -> None:
        invalidate_all()  # A page that expires within the slice would be a miss.
        load.warm_up(self.web.port, kind.visits)
        before = self.web.cpu_seconds()
        done = load.slice(self.web.port, kind.visits, SECONDS)
        self.cpu.append((self.web.cpu_seconds() - before) / done.requested)
        self.rates.append(done.rate)


def main(arguments: argparse.Namespace) -> None:
    staged = stage(arguments.size or SIZE)
    call_command("collectstatic", verbosity=0, interactive=False)
    rounds = arguments.rounds or ROUNDS
    with (
        tempfile.TemporaryDirectory(prefix="bobbin-metrics-", dir="/dev/shm") as files,
        tempfile.TemporaryDirectory(prefix="bobbin-load-", dir="/tmp") as folder,
        Stack(Path(folder)) as stack,
    ):
        load, persistent = Load(stack.browsers()), {"BENCH_CONNECTIONS": "persistent"}
        webs = {
            "without": stack.web("without", BENCH_METRICS="off", **persistent),
            "with": stack.web("with", PROMETHEUS_MULTIPROC_DIR=files, **persistent),
        }
        work = [kind for kind in kinds(Member(staged.inbox)) if (arguments.only or kind.title) in kind.title]
        rows = [_compare(load, webs, kind, rounds) for kind in work if arguments.only or kind.title in WORK]
        scrape = _scrape(Path(files))
    note = NOTE.format(browsers=BROWSERS, rounds=rounds, seconds=SECONDS, **scrape)
    text = f"{report.machine('gunicorn', 'prometheus-client', 'django-prometheus')}\n{note}\n"
    text += report.table(HEADER, rows)
    print("\n" + text)
    if not arguments.no_write and not arguments.only:
        report.write("cost of metrics", text)


def _compare(load: Load, webs: dict[str, Web], kind: Kind, rounds: int) -> list[str]:
    ways = {name: Way(web) for name, web in webs.items()}
    for number in tqdm(range(rounds), desc=kind.title, unit="round", leave=False):
        for name in sorted(ways, reverse=bool(number % 2)):
            ways[name].run(load, kind)
    bare, measured = ways["without"], ways["with"]
    lost = [1 - one / other for one, other in zip(measured.rates, bare.rates, strict=True)]
    more = [one / other - 1 for one, other in zip(measured.cpu, bare.cpu, strict=True)]
    return [
        kind.title,
        *(f"{statistics.median(way.rates):,.0f}" for way in (bare, measured)),
        f"{report.share(lost)} (at most {AT_MOST * 100:.0f})",
        *(f"{statistics.median(way.cpu) * 1000:.3f}" for way in (bare, measured)),
        report.share(more),
    ]


def _scrape(folder: Path) -> dict[str, float]:
    files = serve.Files(folder)
    files.text()
    began = time.perf_counter()
    text = files.text()
    took = (time.perf_counter() - began) * 1000
    sizes = [path.stat().st_size for path in folder.glob("*.db")]
    series = sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))
    return {"files": len(sizes), "kib": sum(sizes) // 1024, "series": series, "scrape": took}
