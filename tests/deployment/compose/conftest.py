"""One stack for all tests here, started with `make up` from a fresh checkout."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.deployment.compose.containers import Containers
from tests.deployment.compose.sending import sign_up

table: list[str] = []
figures: list[str] = []


def pytest_configure(config):
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        raise pytest.UsageError("no Docker engine answers (docker info)")


def pytest_collection_modifyitems(items):
    """Run tests that only read first, then those that kill servers, then those that delete data."""
    order = [
        "start",
        "hardening",
        "site",
        "https",
        "faults",
        "upgrade",
        "rollback",
        "rotation",
        "refusals",
        "drill_alerts",  # A restore ends the sessions of the members.
        "backup",
        "killed_restore",
        "major_version",
        "drill_encrypted_backup",
        "drill_point_in_time",
        "drill_recovery",
    ]
    items.sort(key=lambda item: order.index(Path(item.path).stem.removeprefix("test_")))


def pytest_terminal_summary(terminalreporter):
    # Properties of tests arrive here from the processes of pytest-xdist too.
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, ())]
    properties = [value for report in reports for name, value in report.user_properties if name == "figure"]
    for line in [*table, *figures, *properties]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figure():
    """Return a function that adds a line to the summary."""
    return figures.append


@pytest.fixture(scope="session")
def containers():
    folder = Path(tempfile.mkdtemp(prefix="bobbin-stack-", dir="/tmp"))
    made = Containers(folder / "bobbin")
    try:
        yield made
    finally:
        if os.environ.get("KEEP_STACK") != "1":
            made.remove()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(containers):
    """The containers, started."""
    containers.make("up")
    return containers


@pytest.fixture(scope="session")
def members(stack):
    return sign_up(stack.url)


@pytest.fixture(scope="session")
def note():
    """Return a function that adds a row to the table in the summary."""

    def add(*cells: object) -> None:
        if not table:
            head = ["fault", "acknowledged", "failed", "longest silence", "well again after", "lost or wrong"]
            table.extend([f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"])
        table.append(f"| {' | '.join(map(str, cells))} |")

    return add
