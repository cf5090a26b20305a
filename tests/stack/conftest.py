"""One stack for all these tests: from a fresh checkout, by `make up`, as an operator would."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from containers import Containers
from sending import sign_up

table: list[str] = []
figures: list[str] = []


def pytest_configure(config):
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        raise pytest.UsageError("no Docker engine answers (docker info)")


def pytest_collection_modifyitems(items):
    """What asks, before what harms, before what wipes."""
    order = ["start", "hardening", "site", "https", "faults", "upgrade", "backup"]
    items.sort(key=lambda item: order.index(Path(item.path).stem.removeprefix("test_")))


def pytest_terminal_summary(terminalreporter):
    for line in [*table, *figures]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figure():
    """A line that is printed at the end."""
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
    """A row of the table that is printed at the end."""

    def add(*cells: object) -> None:
        if not table:
            head = ["fault", "acknowledged", "failed", "longest silence", "well again after", "lost or wrong"]
            table.extend([f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"])
        table.append(f"| {' | '.join(map(str, cells))} |")

    return add
