"""`make bench`: each workload with raw SQL, with Bobbin and with other packages."""

import argparse
import gc
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from bench import report, texts
from bench.measure import measure
from bench.peers import caching
from bench.staging import stage
from bench.workloads import cached, lists, thread, writing

ROOT = Path(__file__).resolve().parents[1]
SIZE = 500_000
MEGABYTES = 10  # Limit for the memory growth of an erasure.
PEERS = [
    "django-mptt", "django-treebeard", "django-tree-queries", "django-cte", "django-simple-history",
    "django-pghistory", "django-reversion", "django-notifications-community", "django-postman",
    *caching.PACKAGES,
]  # fmt: skip
NOTE = """
Times against raw SQL through psycopg (prepared, binary), in turn within one run, medians. Every way returns
the same content, or the run stops. Writes do not wait for the disk (`synchronous_commit = off`), which would
take the same time in every way and hide the rest. What cannot be in one process with the others has its own,
with raw SQL in turn beside it. "A plain Django" is the plain floor of the pages under load, also in its own
process; its two queries are not in the column.
"""


def main(arguments: argparse.Namespace) -> None:
    size = arguments.size or SIZE
    machine = report.machine(*PEERS)  # Call this first, since it fails if a package is missing.
    if arguments.only == "text":  # This part needs no messages.
        rows = texts.lines()
        print(report.table(texts.HEADER, rows), report.counted(rows), sep="\n\n")
        if not arguments.no_write:
            texts.write(rows, machine)
        return
    print(f"Staging {size:,} messages ...", flush=True)
    staged = stage(size)
    lines: list[list[str]] = []
    for module in (thread, lists, cached, writing):
        for workload in module.workloads(staged):
            if arguments.only and arguments.only not in workload.title:
                continue
            gc.collect()
            lines += _shown(report.work(workload, measure(workload, arguments.rounds)))
    if not arguments.only:
        lines += _shown([_memory(staged.erased)])
        rounds = str(arguments.rounds or 100)
        for package in caching.PACKAGES:
            lines += _apart("bench.peers.caching", package, json.dumps(asdict(staged)), rounds)
        lines += _apart("bench.peers.postman", json.dumps(asdict(staged)), rounds)
        # Without Bobbin on the path: this package is named `notifications` too.
        lines += _apart("bench.peers.community", rounds, PYTHONPATH=str(ROOT))
    counted = report.counted(lines)
    print(counted)
    if not arguments.no_write and not arguments.only:
        made = report.table(report.WORK, lines)
        report.write("work", f"{machine} {size:,} messages.\n{NOTE}\n{made}\n\n{counted}")


def _shown(lines: list[list[str]]) -> list[list[str]]:
    print(report.table(report.WORK, lines), flush=True)
    return lines


def _apart(module: str, *arguments: str, **variables: str) -> list[list[str]]:
    """Run a module in a separate process; print and return its lines."""
    return _shown(json.loads(_output(module, *arguments, **variables)))


def _output(module: str, *arguments: str, **variables: str) -> str:
    """Return the output of a module of the benchmarks that runs in a separate process."""
    command = [sys.executable, "-m", module, *arguments]
    environment = os.environ | variables
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout


def _memory(member_id: int) -> list[str]:
    """Return a line with the memory growth of a process that erases the member."""
    grown = float(_output("bench.erasure_memory", str(member_id)))
    verdict = "reached" if grown <= MEGABYTES else "missed"
    return ["", "Bobbin, memory", f"+ {grown:.1f} MB", "", "", f"at most + {MEGABYTES} MB: {verdict}"]
