"""A full metrics folder loses new metrics, but no process fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "services/web"
SMALL_DISK = 'mount -t tmpfs -o size=9m tmpfs "$PROMETHEUS_MULTIPROC_DIR" && exec "$0" -c "$1"'
IN_A_SPACE_OF_ITS_OWN = ["unshare", "--map-root-user", "--mount"]
TAKE = """
import os
from observability.worker_metrics import worker_ids
folder = worker_ids.folder()
def fill():
    room = os.statvfs(folder)
    with open(folder / "filling", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, (room.f_bavail - 1) * room.f_frsize)
assert worker_ids.acquire("web") == "web0"
"""
COUNT = """
from observability import metrics
metrics.ERASED.inc()
"""
COUNT_MUCH = """
for number in range(2000):
    metrics.REPEATED.labels(f"view{number}").inc()
metrics.ERASED.inc()
"""
READ = """
from observability import serve
print(serve.Files(folder).text().decode())
"""


@pytest.fixture
def run(tmp_path):
    """Run code that counts in a folder of 9 MiB; return the values of the metrics process and the log."""

    def run(*code):
        command = [*IN_A_SPACE_OF_ITS_OWN, "sh", "-c", SMALL_DISK, sys.executable, "\n".join(code)]
        env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        done = subprocess.run(command, cwd=WEB, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr}"
        lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines() if line and line[0] != "#"]
        return {name: float(value) for name, value in lines}, done.stderr

    if subprocess.run([*IN_A_SPACE_OF_ITS_OWN, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    return run


def counted(found):
    """Return the number of views with a value."""
    return sum(name.startswith("bobbin_repeated_queries_total{") for name in found)


def test_metrics_that_fit_into_the_folder_are_collected(run):
    found, log = run(TAKE, COUNT, COUNT_MUCH, READ)

    assert found["bobbin_erasures_total"] == 2
    assert counted(found) == 2000
    assert log == ""


def test_full_folder_keeps_counting_existing_metrics(run):
    found, log = run(TAKE, COUNT, "fill()", COUNT_MUCH, READ)

    assert found["bobbin_erasures_total"] == 2
    assert 0 < counted(found) < 2000
    assert log.count("nobody will see the new ones of this process") == 1
    assert "No space left on device" in log


def test_full_folder_without_a_first_file_keeps_metrics_in_memory(run):
    found, log = run(TAKE, "fill()", COUNT, COUNT_MUCH, READ)

    assert found["bobbin_metrics_files"] == 0
    assert log.count("nobody will see the new ones of this process") == 1
