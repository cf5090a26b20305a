"""Where a process keeps its metrics, and what is left of it when it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import Gauge

from observability import metrics, serve

WEB = Path(__file__).resolve().parents[2] / "services/web"
COUNT = """
from observability import slots
slot = slots.take("{kind}")
from observability import metrics
metrics.ERASED.inc()
metrics.WORKERS.set(1)
metrics.DRIFT.set(3)
print(slot, flush=True)
{then}
"""
PREPARE = [sys.executable, "-c", "from observability import slots; slots.prepare()"]
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
    """Let a process count, and return its slot."""
    said, wrong = start(folder, kind, then).communicate(timeout=60)
    assert not wrong, wrong
    return said.strip()


def read(folder) -> dict[str, float]:
    """What the metrics process would show."""
    text = serve.Files(folder).text().decode()
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")
    return {name: float(value) for name, value in lines}


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_one_after_the_other_go_on_in_the_same_files(folder):
    assert [run(folder) for _ in range(3)] == ["web0"] * 3
    before = files(folder)
    run(folder)

    assert files(folder) == before
    assert read(folder)["bobbin_erasures_total"] == 4


def test_at_the_same_time_each_has_its_own(folder):
    running = [start(folder, then=WAIT) for _ in range(3)]
    slots = {process.stdout.readline().strip() for process in running}
    found = read(folder)
    for process in running:
        process.communicate()

    assert slots == {"web0", "web1", "web2"}
    assert found["bobbin_erasures_total"] == found["bobbin_gunicorn_workers"] == 3


def test_a_slot_is_free_again_however_its_process_ended(folder):
    killed = start(folder, then=WAIT)
    assert killed.stdout.readline().strip() == "web0"
    killed.kill()
    killed.communicate()

    assert run(folder) == "web0"
    assert read(folder)["bobbin_erasures_total"] == 2


def test_what_a_dead_process_was_is_gone_and_what_it_found_stays(folder):
    run(folder)
    found = read(folder)

    assert "bobbin_gunicorn_workers" not in found
    assert found["bobbin_unread_drift_participants"] == 3
    assert found["bobbin_erasures_total"] == 1


def test_kinds_do_not_take_each_others_slots(folder):
    assert [run(folder, "command"), run(folder, "web")] == ["command0", "web0"]
    assert read(folder)["bobbin_erasures_total"] == 2


def test_a_start_empties_the_folder_but_not_under_a_living_process(folder):
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    alive = start(folder, "events", WAIT)
    alive.stdout.readline()
    run(folder)
    subprocess.run(PREPARE, cwd=WEB, env=env, check=True)
    assert read(folder)["bobbin_erasures_total"] == 2

    alive.communicate()
    subprocess.run(PREPARE, cwd=WEB, env=env, check=True)
    assert [name for name in files(folder) if name.endswith(".db")] == []


def test_a_start_that_cannot_have_the_folder_says_so(folder):
    (folder / "file").write_text("")
    name = str(folder / "file" / "metrics")
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": name}
    said = subprocess.run(PREPARE, cwd=WEB, env=env, capture_output=True, text=True, check=False)

    refusal = f"Bobbin cannot start: PROMETHEUS_MULTIPROC_DIR={name} cannot be used (Not a directory).\n"
    assert (said.returncode, said.stderr) == (1, refusal)


def test_without_a_folder_everything_works_in_memory(folder):
    missing = start(folder / "missing")
    said, wrong = missing.communicate()

    assert (said, missing.returncode) == ("\n", 0)
    assert "is no folder: nobody will see the metrics of this process" in wrong
    assert files(folder) == []


def test_every_gauge_says_how_processes_become_one():
    gauges = [found for found in vars(metrics).values() if isinstance(found, Gauge)]

    assert len(gauges) > 10
    assert {gauge._multiprocess_mode for gauge in gauges} <= {"livesum", "livemax", "mostrecent"}
