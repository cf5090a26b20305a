"""The part of `make bench-scale` about help desks: members with 10 to 100,000 conversations."""

import random
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings
from tqdm import tqdm

from accounts.models import User
from bench import report
from bench.staging import stage_help_desk, vacuum
from caching.generations import invalidate_all
from messaging.models import Message
from messaging.reading import LATEST
from tests.support.help_desk import MOST, PAGES, SEARCH, addressed, write_searched_word
from tests.support.plans import blocks_of, plan_of, recorded

TITLE = "help desk"
SHOWN = [*PAGES, SEARCH]
MEMBERS = 300_000
CONVERSATIONS = (10, 100, 1_000, 10_000, 100_000)
OTHER = 100
ROUNDS, MARKS = 1_000, 3
CHANGED = "messaging_message, messaging_participant, notifications_notification"
NOTE = """
Members with {counts} conversations among {members:,} members with one or two.
Each conversation has one message, which the member received and has not read. The pages were requested
without a cache. "Blocks" is what PostgreSQL reads for the queries of a page, "ms" their median time over
{rounds} rounds, in which all members and pages take turns.
"""
MARKED = """
Marking everything as read changes a row of the message, its notification and the conversation for each
unread message. Median milliseconds of {marks} runs, each rolled back:
"""


@dataclass
class Desk:
    """One member, and the queries of a page with the seconds of each round."""

    count: int
    reader: User
    middle: Message
    queries: dict[str, list[Any]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def record(self, page: str) -> None:
        """Request the page twice, and keep the queries of the second time."""
        browser = Client()
        browser.force_login(self.reader)
        for _ in range(2):
            invalidate_all()  # The badges are made anew too.
            with recorded() as made:
                response = browser.get(addressed(page, self.reader, self.middle))
        if response.status_code not in {200, 302}:
            raise AssertionError(f"{page} has status {response.status_code}")
        self.queries[page] = [one for one in made if one[0].lstrip().startswith(("SELECT", "WITH found"))]
        self.seconds[page] = []

    def blocks(self, page: str) -> int:
        return blocks_of(plan_of(*one) for one in self.queries[page])

    def run(self, page: str) -> None:
        with connection.cursor() as cursor:
            began = time.perf_counter()
            for statement, parameters in self.queries[page]:
                cursor.execute(statement, parameters)
                cursor.fetchall()
            self.seconds[page].append(time.perf_counter() - began)

    def milliseconds(self, page: str) -> float:
        return statistics.median(self.seconds[page]) * 1000

    def mark_all(self) -> float:
        """Return the milliseconds of marking everything as read, and undo it."""
        with transaction.atomic():
            began = time.perf_counter()
            Message.objects.mark_all_read(self.reader, up_to=LATEST)
            took = time.perf_counter() - began
            transaction.set_rollback(True)
        return took * 1000


def measure(rounds: int | None, most: int) -> str:
    """Return the text of the section, with members of at most `most` conversations. Print its tables."""
    counts = [count for count in CONVERSATIONS if count <= max(most, OTHER)]
    call_command("collectstatic", verbosity=0, interactive=False)
    desks = _staged(counts)
    with override_settings(CACHE_PAGES=False):
        for desk in desks:
            for page in SHOWN:
                desk.record(page)
    turns = [(desk, page) for desk in desks for page in SHOWN]
    for _ in tqdm(range(rounds or ROUNDS), desc="help desks", unit="round", leave=False):
        for desk, page in random.sample(turns, len(turns)):
            desk.run(page)
    pages = [_row(page, desks) for page in SHOWN]
    header = ["blocks, ms", *(f"{count:,}" for count in counts), f"against {OTHER}", "to reach"]
    note = NOTE.format(counts=_listed(counts), members=MEMBERS, rounds=rounds or ROUNDS)
    made = report.table(header, pages) + "\n\n" + report.counted(pages)
    print(made, flush=True)
    text = f"{note}\n{made}\n{MARKED.format(marks=MARKS)}\n{_marked(desks)}"
    print(text.rpartition("\n\n")[2])
    return text


def _staged(counts: list[int]) -> list[Desk]:
    print(f"Staging members with {_listed(counts)} conversations ...", flush=True)
    desks = []
    for count, (pk, first) in zip(counts, stage_help_desk(MEMBERS, *counts), strict=True):
        middle = Message.objects.select_related("sender").get(pk=first + count // 2)
        write_searched_word(middle)
        desks.append(Desk(count, User.objects.get(pk=pk), middle))
    vacuum("default")
    return desks


def _row(page: str, desks: list[Desk]) -> list[str]:
    blocks = {desk.count: desk.blocks(page) for desk in desks}
    times = {desk.count: desk.milliseconds(page) for desk in desks}
    ratios = [values[desks[-1].count] / values[OTHER] if values[OTHER] else 1.0 for values in (blocks, times)]
    verdict = "reached" if max(ratios) <= MOST else "missed"
    cells = [f"{blocks[desk.count]}, {times[desk.count]:.2f}" for desk in desks]
    shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    return [f"`{page}`", *cells, shown, f"at most {MOST:g}: {verdict}"]


def _marked(desks: list[Desk]) -> str:
    """Return a table. Each run leaves dead rows, so the tables are vacuumed after it."""
    took = []
    for desk in desks:
        runs = []
        for _ in range(MARKS):
            runs.append(desk.mark_all())
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM {CHANGED}")
        took.append(statistics.median(runs))
    header = ["unread messages", *(f"{desk.count:,}" for desk in desks)]
    each = ["each", *(f"{ms / desk.count:.3f}" for ms, desk in zip(took, desks, strict=True))]
    return report.table(header, [["marking all", *(f"{ms:,.1f}" for ms in took)], each])


def _listed(counts: list[int]) -> str:
    *some, last = (f"{count:,}" for count in counts)
    return f"{', '.join(some)} and {last}"
