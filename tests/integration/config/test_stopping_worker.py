"""A gunicorn worker that stops answers the connections that wait, and refuses new ones."""

import os
import signal
import socket
import sys

import psutil
import pytest
from django.conf import settings as django_settings

from tests.integration.observability.conftest import free_port, running, until

GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture
def web(tmp_path):
    """Return the port and the master of gunicorn with one worker."""
    port = free_port()
    env = os.environ | {
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]), "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", "PYTHONPATH": os.pathsep.join(sys.path),
        "DJANGO_SETTINGS_MODULE": "tests.support.plain_static_files",
    }  # fmt: skip
    with running(["gunicorn", "--config", "gunicorn.conf.py"], env, tmp_path / "log") as master:
        until(lambda: accepts(port) and requesting(port).recv(12) == b"HTTP/1.1 200", "answer")
        yield port, master


def accepts(port) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def requesting(port) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(GET)
    return connection


def test_connections_that_wait_when_the_worker_stops_are_answered(web):
    port, master = web
    (worker,) = master.children()
    worker.suspend()
    # A worker that has not stopped yet would handle SIGTERM first, although it is sent later.
    until(lambda: worker.status() == psutil.STATUS_STOPPED, "stop of the worker")
    waiting = [requesting(port) for _ in range(20)]
    master.send_signal(signal.SIGTERM)
    until(lambda: signal.SIGTERM in pending(worker), "SIGTERM at the worker")
    worker.resume()

    assert {connection.recv(12) for connection in waiting} == {b"HTTP/1.1 200"}


def test_stopping_worker_with_an_unfinished_request_refuses_new_connections(web):
    port, master = web
    unfinished = socket.create_connection(("127.0.0.1", port))
    unfinished.sendall(GET[:-2])
    master.send_signal(signal.SIGTERM)

    until(lambda: not accepts(port), "refusal", seconds=10)  # It waits 15 seconds for the request.

    unfinished.sendall(GET[-2:])
    assert unfinished.recv(12) == b"HTTP/1.1 200"


def pending(process: psutil.Process) -> set[int]:
    with open(f"/proc/{process.pid}/status") as file:
        masks = [int(line.split()[1], 16) for line in file if line.startswith(("SigPnd", "ShdPnd"))]
    return {number for number in range(1, 65) if any(mask >> (number - 1) & 1 for mask in masks)}
