"""`python -m observability.serve` serves metrics, and reports a failed start in one line."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.http_client import connection

WEB = Path(__file__).resolve().parents[2] / "services/web"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(**env):
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PROMETHEUS", "METRICS"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "observability.serve"],
        cwd=WEB, env=kept | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def serving(tmp_path):
    """Start a metrics process, and return a function that requests a path and returns status and body."""
    port = free_port()
    process = launch(PROMETHEUS_MULTIPROC_DIR=str(tmp_path), METRICS_BIND=f"127.0.0.1:{port}")

    def fetch(path, method="GET"):
        answer = connection.fetch(f"http://127.0.0.1:{port}", method, path)
        return answer.status, answer.text

    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    fetch.process, fetch.port, fetch.folder = process, port, tmp_path
    yield fetch
    process.kill()
    process.communicate()


def refusal(**env) -> str:
    process = launch(**env)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    return said


def test_metrics_process_serves_only_metrics_and_its_health(serving):
    assert "bobbin_metrics_files 0.0" in serving("/metrics")[1]
    assert serving("/healthz") == (200, '{"status": "ok"}')
    assert serving("/metrics", "HEAD") == (200, "")
    assert [serving(path)[0] for path in ("/", "/metrics/", "/../etc/passwd")] == [404] * 3
    assert serving("/metrics", "POST")[0] == 501


def test_idle_connection_does_not_block_other_requests(serving):
    with socket.create_connection(("127.0.0.1", serving.port)):
        assert serving("/metrics")[0] == 200


def test_damaged_file_returns_500_and_the_process_continues(serving):
    damaged = serving.folder / "counter_web0.db"
    damaged.write_bytes(b"\xff\xff\x00\x00" + b"\x07" * 100)
    status, said = serving("/metrics")

    assert status == 500
    assert said.startswith("The metrics cannot be read: ")
    damaged.unlink()
    assert serving("/metrics")[0] == 200


def test_metrics_process_exits_with_0_on_sigterm(serving):
    serving.process.send_signal(signal.SIGTERM)

    assert serving.process.wait(10) == 0


def test_metrics_process_that_cannot_start_prints_one_line(tmp_path):
    folder = str(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = {
            "no folder": refusal(),
            "missing": refusal(PROMETHEUS_MULTIPROC_DIR=f"{folder}/missing"),
            "bind": refusal(PROMETHEUS_MULTIPROC_DIR=folder, METRICS_BIND="everywhere"),
            "taken": refusal(PROMETHEUS_MULTIPROC_DIR=folder, METRICS_BIND=f"127.0.0.1:{port}"),
        }

    assert all(text.startswith("Bobbin cannot start: ") for text in said.values())
    assert [text.count("\n") for text in said.values()] == [1] * 4
    assert "PROMETHEUS_MULTIPROC_DIR is not set" in said["no folder"]
    assert f"{folder}/missing is no folder" in said["missing"]
    assert "METRICS_BIND is 'everywhere'" in said["bind"]
    assert "Address already in use" in said["taken"]


def test_metrics_process_does_not_import_django():
    code = "import sys; from observability import metrics, serve; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=WEB, check=False).returncode == 0
