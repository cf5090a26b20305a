"""Query plans: record the statements of a page, and explain them as prepared statements of the service."""

import itertools
import re
from contextlib import contextmanager

from django.db import connection
from psycopg import sql

MOST_ROWS = 130  # Per step of a plan: a page of 50 rows and one more, for both participants, with some slack.
SMALL = {"accounts_session", "django_session", "django_content_type"}


@contextmanager
def recorded():
    """Record the statements of the block with their parameters."""
    found = []

    def note(execute, statement, parameters, many, context):
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            found.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        yield found


def numbered(statement: str, parameters) -> tuple[str, list]:
    """Return the statement with `$1`, `$2` … in place of psycopg's placeholders, and the ordered values."""
    if isinstance(parameters, dict):
        names = list(parameters)
        marked = re.sub(r"%\((\w+)\)s", lambda mark: f"${names.index(mark[1]) + 1}", statement)
        return marked.replace("%%", "%"), [parameters[name] for name in names if f"%({name})s" in statement]
    numbers = itertools.count(1)
    marked = re.sub(r"%s", lambda _: f"${next(numbers)}", statement)
    return marked.replace("%%", "%"), list(parameters or ())


def plan_of(statement: str, parameters, *, run: bool = False) -> dict:
    """Return the generic plan of a statement, and execute it if it only reads, or with `run`.

    The constraints refuse a second copy of a message, unless the first one was rolled back.
    """
    marked, values = numbered(statement, parameters)
    reads = re.search(r"\b(INSERT|UPDATE|DELETE|FOR)\b", statement.upper()) is None
    analyze = "ANALYZE, BUFFERS, " if run or reads else ""
    with connection.cursor() as cursor:
        raw = cursor.connection
        literals = sql.SQL(", ").join(map(sql.Literal, values)).as_string(raw)
        raw.execute(f"PREPARE asked AS {marked}")
        try:
            called = f"asked ({literals})" if values else "asked"
            found = raw.execute(f"EXPLAIN ({analyze}FORMAT JSON) EXECUTE {called}").fetchone()
        finally:
            raw.execute("DEALLOCATE asked")
    return found[0][0]["Plan"]


def steps(plan: dict):
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


def faults_of(plan: dict) -> list[str]:
    faults = []
    for step in steps(plan):
        kind, table = step["Node Type"], step.get("Relation Name", "")
        read = step.get("Actual Rows", 0) + step.get("Rows Removed by Filter", 0)
        if kind == "Seq Scan" and table not in SMALL:
            faults.append(f"reads all of {table}")
        if kind.startswith("Bitmap Heap") and step.get("Actual Rows") is not None and read > MOST_ROWS:
            faults.append(f"a bitmap of {read:g} rows of {table}")
        if "Scan" in kind and read > MOST_ROWS:
            faults.append(f"{kind} reads {read:g} rows of {table or step.get('Index Name')}")
        if kind in {"Sort", "Incremental Sort", "Hash", "Materialize"}:
            rows = step.get("Actual Rows", step["Plan Rows"])
            if rows > MOST_ROWS:
                faults.append(f"{kind} of {rows:g} rows")
    return faults


def check(made) -> int:
    checked = 0
    for statement, parameters in dict(made).items():
        faults = faults_of(plan_of(statement, parameters))
        assert not faults, f"{faults}\n{statement}\n{parameters}"
        checked += 1
    return checked


def blocks_of(plans) -> int:
    """Return how many blocks of tables and indexes these plans have read, without plans that did not run."""
    return sum(plan.get(f"Shared {kind} Blocks", 0) for plan in plans for kind in ("Hit", "Read"))
