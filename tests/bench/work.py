"""`make bench`: each piece of work as raw SQL, as Bobbin does it, and as other packages do it."""

import argparse
import gc
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import report
from measure import Figure, Workload, measure
from peers import caching, community
from staging import stage
from workloads import lists, thread, writing

SIZE = 500_000
HEADER = ["work", "way", "median ms", "against raw SQL", "queries"]
NOTE = """
Times against raw SQL through psycopg (prepared, binary), in turn within one run, medians. Every way returns
the same content, or the run stops. Writes do not wait for the disk (`synchronous_commit = off`), which would
take the same time in every way and hide the rest.
"""


def main(arguments: argparse.Namespace) -> None:
    size = arguments.size or SIZE
    print(f"Staging {size:,} messages ...", flush=True)
    staged = stage(size)
    rows: list[list[str]] = []
    for module in (thread, lists, writing):
        for workload in module.workloads(staged):
            if arguments.only and arguments.only not in workload.title:
                continue
            gc.collect()
            rows += _rows(workload, measure(workload, arguments.rounds))
            print(report.table(HEADER, rows[-len(workload.ways) :]), flush=True)
    if not arguments.only:
        rows.append(["", "Bobbin, memory", f"+ {_memory(staged.erased):.1f} MB (at most 10)", "", ""])
        for package in caching.PACKAGES:
            rows += _apart(caching, package, json.dumps(asdict(staged)), str(arguments.rounds or 100))
        rows += _apart(community, str(arguments.rounds or 100))
    if not arguments.no_write and not arguments.only:
        report.write("work", f"{report.machine()} {size:,} messages.\n{NOTE}\n{report.table(HEADER, rows)}")


def _apart(module: ModuleType, *arguments: str) -> list[list[str]]:
    """What a package that cannot be in one process with the others does, measured in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(module.__file__), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    rows = [
        [
            each["title"],
            each["name"],
            f"{each['seconds'] * 1000:.2f}",
            f"{each['ratio']:.2f}",
            str(each["queries"]),
        ]
        for each in json.loads(done.stdout)
    ]
    print(report.table(HEADER, rows), flush=True)
    return rows


def _memory(member_id: int) -> float:
    """By how many MB a process grows that erases the member."""
    command = [sys.executable, str(Path(__file__).with_name("erasure_memory.py")), str(member_id)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _rows(workload: Workload, figures: dict[str, Figure]) -> list[list[str]]:
    limit = figures[workload.ways[0].name].median
    return [
        [
            workload.title if name == workload.ways[0].name else "",
            name,
            f"{figure.median * 1000:.2f}",
            _ratio(name, figure.median / limit, workload.at_most),
            "" if figure.queries is None else str(figure.queries),
        ]
        for name, figure in figures.items()
    ]


def _ratio(name: str, ratio: float, at_most: float | None) -> str:
    wanted = f" (at most {at_most:g})" if name == "Bobbin" and at_most else ""
    return f"{ratio:.2f}{wanted}"
