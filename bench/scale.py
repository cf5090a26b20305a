"""`make bench-scale`: the queries of pages with 10,000 to 10,000,000 messages, and those of help desks."""

import argparse
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.core.management import call_command
from django.db import connections
from tqdm import tqdm

from bench import help_desk, report
from bench.staging import Stage, stage
from chats.views.conversations import ROOT, THREAD
from chats.views.reading import INBOX, UNREAD

SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
ROUNDS = 2_000
BYTES = 1_600  # Disk space for each message: its row, its notification, their indexes, the WAL.
SMALL = 100_000  # The reference size for the largest one.
AT_MOST = 1.3
PICTURE = report.DOC.parent / "images" / "scale.png"
NOTE = """
Milliseconds of the queries of a page, with the rows in Python, by the code of the pages. Each size has its
own database; they are measured in turn in one run of {rounds:,} rounds. The mailboxes grow with the table.
The inbox contains a fifth of all messages. The member of the unread list received two fifths, a tenth of
them unread. "Anybody" is another member in every round.
"""


class Page(NamedTuple):
    title: str
    fetch: Callable[[str, Stage, random.Random], list]


def _thread(using: str, staged: Stage, _: random.Random) -> list:
    ROOT(staged.reader_of_10000, staged.thread_of_10000, using=using)
    return THREAD.ahead(staged.thread_of_10000, 0, using=using)


def _inbox(using: str, staged: Stage, _: random.Random) -> list:
    return INBOX(staged.inbox, None, using=using)


def _unread(using: str, staged: Stage, _: random.Random) -> list:
    return UNREAD(staged.unread, None, using=using)


def _anybodys_inbox(using: str, staged: Stage, choose: random.Random) -> list:
    return INBOX(choose.randint(1, staged.members), None, using=using)


def _anybodys_unread(using: str, staged: Stage, choose: random.Random) -> list:
    return UNREAD(choose.randint(1, staged.members), None, using=using)


PAGES = [
    Page("thread, 50 of 10,000", _thread),
    Page("inbox, 25 of 500", _inbox),
    Page("unread list, 50", _unread),
    Page("inbox of anybody", _anybodys_inbox),
    Page("unread list of anybody", _anybodys_unread),
]


def main(arguments: argparse.Namespace) -> None:
    if not arguments.only:
        _messages(arguments)
    if (arguments.only or help_desk.TITLE) in help_desk.TITLE:
        text = help_desk.measure(arguments.rounds, arguments.size or SIZES[-1])
        if not arguments.no_write:
            report.write(help_desk.TITLE, f"{report.machine()}\n{text}")


def _messages(arguments: argparse.Namespace) -> None:
    sizes = [size for size in SIZES if size <= (arguments.size or SIZES[-1])]
    rounds = arguments.rounds or ROUNDS
    _stop_without_room(sum(sizes))
    with _databases(sizes) as stages:
        times = _measure(stages, rounds)
    rows = [_row(page, [times[page.title, size] for size in sizes], sizes) for page in PAGES]
    made = report.table(["page", *(f"{size:,}" for size in sizes), f"p95 against {SMALL:,}"], rows)
    print(made)
    if arguments.no_write:
        return
    _draw(times, sizes)
    picture = f"![p50 and p95 of each page over the number of messages](images/{PICTURE.name})"
    note = NOTE.format(rounds=rounds)
    report.write("scale", f"{report.machine()}\n{note}\np50 / p95:\n\n{made}\n\n{picture}")


def _stop_without_room(messages: int) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
    free, needed = shutil.disk_usage(folder).free, messages * BYTES
    if free < needed:
        sys.exit(
            f"{messages:,} messages need {needed / 1e9:.0f} GB in {folder}; {free / 1e9:.0f} GB are free."
            ' Fewer: make bench-scale ARGS="--size 1000000".'
        )


@contextmanager
def _databases(sizes: list[int]) -> Iterator[dict[int, tuple[str, Stage]]]:
    """Create a database for each size. They are not dropped, since the server exists only for this run."""
    stages = {}
    for size in sizes:
        using = f"scale_{size}"
        with connections["default"].cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {using}")
        connections.databases[using] = connections["default"].settings_dict | {"NAME": using}
        print(f"Staging {size:,} messages ...", end=" ", flush=True)
        began = time.monotonic()
        call_command("migrate", database=using, verbosity=0, interactive=False)
        stages[size] = using, stage(size, using)
        print(f"{time.monotonic() - began:.0f} s", flush=True)
    try:
        yield stages
    finally:
        for using, _ in stages.values():
            connections[using].close()


def _measure(stages: dict[int, tuple[str, Stage]], rounds: int) -> dict[tuple[str, int], list[float]]:
    """Return the seconds of each page at each size. Additional rounds for the warm-up are not counted."""
    times: dict[tuple[str, int], list[float]] = {(page.title, size): [] for page in PAGES for size in stages}
    choose = random.Random(0)
    for number in tqdm(range(-rounds // 10, rounds), desc="pages", unit="round"):
        for page, size in choose.sample(
            visits := [(page, size) for page in PAGES for size in stages], len(visits)
        ):
            using, staged = stages[size]
            began = time.perf_counter()
            found = page.fetch(using, staged, choose)
            took = time.perf_counter() - began
            if not found and "anybody" not in page.title:
                raise AssertionError(f"{page.title} shows nothing at {size:,} messages.")
            if number >= 0:
                times[page.title, size].append(took)
    return times


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _row(page: Page, measured: list[list[float]], sizes: list[int]) -> list[str]:
    cells = [f"{statistics.median(one) * 1000:.2f} / {_p95(one) * 1000:.2f}" for one in measured]
    if SMALL not in sizes:
        return [page.title, *cells, ""]
    ratio = _p95(measured[-1]) / _p95(measured[sizes.index(SMALL)])
    return [page.title, *cells, f"{ratio:.2f} (at most {AT_MOST:g})"]


def _draw(times: dict[tuple[str, int], list[float]], sizes: list[int]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, len(PAGES), figsize=(3 * len(PAGES), 3), sharey=True, layout="constrained"
    )
    for axis, page in zip(axes, PAGES, strict=True):
        measured = [times[page.title, size] for size in sizes]
        axis.plot(sizes, [statistics.median(one) * 1000 for one in measured], marker="o", label="p50")
        axis.plot(sizes, [_p95(one) * 1000 for one in measured], marker="s", linestyle="--", label="p95")
        axis.set(title=page.title, xscale="log", xlabel="messages")
        axis.grid(alpha=0.3)
    axes[0].set(ylabel="milliseconds", ylim=(0, None))
    axes[0].legend()
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=100)
