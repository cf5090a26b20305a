"""`events` closes connections whose first request is not complete in time, also without nginx."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection as database

WEB = Path(__file__).parents[3] / "services/web"
# The default of 15 s would make the tests slow.
CONF = """exec(open('gunicorn_events.conf.py').read())
begin = post_worker_init
def post_worker_init(worker):
    from live import protocol
    protocol.HEAD_SECONDS = 0.6
    begin(worker)
"""
CLOSED = (BrokenPipeError, ConnectionResetError)
HEAD = b"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UNFINISHED = {
    "nothing": b"",
    "a part of the line": b"GET /eve",
    "a line": HEAD,
    "a part of a header": HEAD + b"X-Slow: ",
    "a blank line": b"\r\n",
}


@pytest.fixture
def port(transactional_db, tmp_path):
    (tmp_path / "conf.py").write_text(CONF)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "POSTGRES_DB": database.settings_dict["NAME"],
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]), "ALLOWED_HOSTS": "127.0.0.1",
        "EVENTS_BIND": f"127.0.0.1:{port}", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config", tmp_path / "conf.py"]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=WEB, env=env, stdout=said, stderr=said)
    until = time.monotonic() + 30
    while answer_to(port, b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") != b"200":
        assert process.poll() is None, (tmp_path / "said").read_text()
        assert time.monotonic() < until
        time.sleep(0.1)
    yield port
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def answer_to(port: int, request: bytes) -> bytes:
    """Return the status, or nothing if the server does not accept the connection."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            return connection.recv(100)[9:12]
    except OSError:
        return b""


def test_only_connections_without_a_complete_request_are_closed(port, browser_of, alice):
    session = browser_of(alice).cookies["sessionid"].value
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        stream.sendall(HEAD + f"Cookie: sessionid={session}\r\n\r\n".encode())
        assert b" 200 " in stream.recv(100)
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in UNFINISHED]
        for connection, beginning in zip(waiting, UNFINISHED.values(), strict=True):
            connection.sendall(beginning)
        assert [connection.recv(100) for connection in waiting] == [b""] * len(UNFINISHED)
        stream.settimeout(0.3)
        with pytest.raises(TimeoutError):  # The stream is open, and has no event.
            while stream.recv(4_000):
                pass
    for connection in waiting:
        connection.close()


def test_single_bytes_do_not_prolong_the_time(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, pytest.raises(CLOSED):
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.05)
