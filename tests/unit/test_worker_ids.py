"""Each process acquires a worker id for its metrics files, which remain when it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import Gauge

from observability import metrics, serve

WEB = Path(__file__).resolve().parents[2] / "services/web"
COUNT = """
from observability.worker_metrics import worker_ids
worker_id = worker_ids.acquire("{kind}")
from observability import metrics
metrics.ERASED.inc()
metrics.WORKERS.set(1)
metrics.AUDIT_WRONG.set(3)
print(worker_id, flush=True)
{then}
"""
PREPARE = [
    *(sys.executable, "-c"),
    "from observability.worker_metrics import worker_ids; worker_ids.prepare_folder()",
]
WAIT = "import sys; sys.stdin.read()"


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def start(folder, kind="web", then=""):
    return subprocess.Popen(
        [sys.executable, "-c", COUNT.format(kind=kind, then=then)],
        cwd=WEB,
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder, kind="web", then=""):
    """Run a process that counts, and return its worker id."""
    said, wrong = start(folder, kind, then).communicate(timeout=60)
    assert not wrong, wrong
    return said.strip()


def read(folder) -> dict[str, float]:
    """Return the values that the metrics process serves, by the name of the series."""
    text = serve.Files(folder).text().decode()
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")
    return {name: float(value) for name, value in lines}


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_successive_processes_reuse_the_same_files(folder):
    assert [run(folder) for _ in range(3)] == ["web0"] * 3
    before = files(folder)
    run(folder)

    assert files(folder) == before
    assert read(folder)["bobbin_erasures_total"] == 4


def test_concurrent_processes_have_different_worker_ids(folder):
    running = [start(folder, then=WAIT) for _ in range(3)]
    held = {process.stdout.readline().strip() for process in running}
    found = read(folder)
    for process in running:
        process.communicate()

    assert held == {"web0", "web1", "web2"}
    assert found["bobbin_erasures_total"] == found["bobbin_gunicorn_workers"] == 3


def test_worker_id_of_a_killed_process_is_reused(folder):
    killed = start(folder, then=WAIT)
    assert killed.stdout.readline().strip() == "web0"
    killed.kill()
    killed.communicate()

    assert run(folder) == "web0"
    assert read(folder)["bobbin_erasures_total"] == 2


def test_dead_process_loses_live_gauges_and_keeps_other_values(folder):
    run(folder)
    found = read(folder)

    assert "bobbin_gunicorn_workers" not in found
    assert found["bobbin_counter_audit_wrong"] == 3
    assert found["bobbin_erasures_total"] == 1


def test_each_kind_of_process_has_its_own_worker_ids(folder):
    assert [run(folder, "command"), run(folder, "web")] == ["command0", "web0"]
    assert read(folder)["bobbin_erasures_total"] == 2


def test_prepare_folder_deletes_files_only_without_a_running_process(folder):
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    alive = start(folder, "events", WAIT)
    alive.stdout.readline()
    run(folder)
    subprocess.run(PREPARE, cwd=WEB, env=env, check=True)
    assert read(folder)["bobbin_erasures_total"] == 2

    alive.communicate()
    subprocess.run(PREPARE, cwd=WEB, env=env, check=True)
    assert [name for name in files(folder) if name.endswith(".db")] == []


def test_prepare_folder_without_a_usable_folder_fails_with_one_line(folder):
    (folder / "file").write_text("")
    name = str(folder / "file" / "metrics")
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": name}
    said = subprocess.run(PREPARE, cwd=WEB, env=env, capture_output=True, text=True, check=False)

    refusal = f"Bobbin cannot start: PROMETHEUS_MULTIPROC_DIR={name} cannot be used (Not a directory).\n"
    assert (said.returncode, said.stderr) == (1, refusal)


def test_process_without_a_folder_keeps_metrics_in_memory(folder):
    missing = start(folder / "missing")
    said, wrong = missing.communicate()

    assert (said, missing.returncode) == ("\n", 0)
    assert "is no folder: the metrics of this process are not collected" in wrong
    assert files(folder) == []


def test_every_gauge_declares_how_processes_are_aggregated():
    gauges = [found for found in vars(metrics).values() if isinstance(found, Gauge)]

    assert len(gauges) > 10
    assert {gauge._multiprocess_mode for gauge in gauges} <= {"livesum", "livemax", "mostrecent"}
