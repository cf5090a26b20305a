"""Formats tables for the terminal and for the pages of docs/."""

import datetime
import math
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from django.db import connection

from bench.measure import Figure, Workload

WORK = ["work", "way", "median ms", "against raw SQL", "queries", "to reach"]
DOC = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def work(workload: Workload, figures: dict[str, Figure]) -> list[list[str]]:
    """Return a line for each way of a workload, the limit first."""
    limit = next(iter(figures.values())).median
    verdicts = ", ".join(target.verdict(figures) for target in workload.targets)
    return [
        [
            workload.title if n == 0 else "",
            name,
            f"{figure.median * 1000:.2f}",
            f"{figure.median / limit:.2f}",
            str(figure.queries),
            verdicts if n == 1 else "",
        ]
        for n, (name, figure) in enumerate(figures.items())
    ]


def counted(lines: Sequence[Sequence[str]]) -> str:
    """Return a sentence with the numbers of reached and missed targets in the last column."""
    verdicts = [line[-1] for line in lines]
    reached, missed = (sum(cell.count(word) for cell in verdicts) for word in (": reached", ": missed"))
    return f"To reach: {reached + missed}. Reached: {reached}. Missed: {missed}."


def share(values: Sequence[float]) -> str:
    """Return the median of shares in percent with its standard error."""
    error = 1.25 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{statistics.median(values) * 100:.1f} ± {error * 100:.1f} %"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns, which is readable in a terminal too."""
    widths = [max(len(line[n]) for line in (header, *rows)) for n in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (header, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines)


def write(section: str, text: str, doc: Path | None = None) -> None:
    """Replace the generated section of a page in docs/, or append it; keep all other text."""
    doc = doc or DOC
    begin, end = f"<!-- {section}: made by make -->", f"<!-- end of {section} -->"
    made = f"{begin}\n\n{text.strip()}\n\n{end}"
    page = doc.read_text() if doc.exists() else "# Benchmarks\n"
    replaced, found = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: made, page, flags=re.S)
    doc.write_text(replaced if found else f"{page.rstrip()}\n\n{made}\n")


def machine(*packages: str) -> str:
    """Return a paragraph that describes the machine and the versions."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0].split()[0]
    versions = ", ".join(f"{name} {version(name)}" for name in ("django", "psycopg", *packages))
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, commit {_commit()}. {_processor()}, "
        f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, PostgreSQL {postgres}, "
        f"{versions}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", info.read_text(), re.M) if info.exists() else None
    return found[1].strip() if found else platform.machine()


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=DOC.parent
    )
    return done.stdout.strip() or "unknown"
