"""Clients that never finish a request, or never close it, do not block a site without nginx."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.support.http_client import connection as client

pytestmark = pytest.mark.xdist_group("unfinished")  # They share a site.
WEB = Path(__file__).parents[3] / "services/web"
FORM = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=" + b"a" * 32 + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
BEGINNINGS = {
    "nothing": b"",
    "a part of the head": b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "a part of the body": b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\na=",
    "a part of a chunk": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a chunk like an end": FORM + b"Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n",
    "a chunk that ends like one": FORM + b"Transfer-Encoding: chunked\r\n\r\nff\r\na=0\r\n\r\n",
    "a length with zeros": FORM + b"Content-Length: " + b"0" * 30 + b"900\r\n\r\na=",
    "a second request": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + FORM,
    "a refused request": b"GET / HTTP/9.9\r\n\r\n",
    "the last of a connection": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "1",
        "WEB_THREADS": "4",
        "DJANGO_SETTINGS_MODULE": "tests.support.plain_static_files",
        "PYTHONPATH": str(WEB.parents[1]),
    }
    said = (tmp_path_factory.mktemp("web") / "said").open("wb")
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    process = subprocess.Popen(command, cwd=WEB, env=env, stdout=said, stderr=said)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            assert fetch(port).status == 200
            break
        except OSError:
            assert process.poll() is None, Path(said.name).read_text()
            time.sleep(0.1)
    yield port
    process.send_signal(signal.SIGTERM)
    process.wait(40)


def fetch(port, method="GET", path="/healthz", body=None):
    return client.fetch(f"http://127.0.0.1:{port}", method, path, body=body, timeout=8)


# The tests below are about bytes and their moments, so they write to sockets themselves.
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_unfinished_requests_leave_the_site_up(port, beginning):
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(24)]
    for connection in held:
        connection.sendall(BEGINNINGS[beginning])
    assert [fetch(port).status for _ in range(5)] == [200] * 5
    for connection in held:
        connection.close()


def test_form_in_pieces_is_read_beside_many_unfinished_requests(port):
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(80)]
    for connection in held:
        connection.sendall(BEGINNINGS["a part of the body"])
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(b"a=b")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    for connection in held:
        connection.close()


def test_response_reaches_a_client_that_keeps_sending(port):
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(FORM + b"Content-Length: 600000\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(b"x" * 60_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_request_in_pieces_is_read(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        for piece in (
            b"GET /healthz HT",
            b"TP/1.1\r\nHost: 127.0.0.1\r",
            b"\nConnection: close\r\n",
            b"\r\n",
        ):
            slow.sendall(piece)
            time.sleep(0.05)
        assert slow.recv(100).startswith(b"HTTP/1.1 200")


def test_two_requests_on_one_connection_are_answered(port):
    bodies = [b"x" * 30_000] * 3 + [b"b" * 1000]
    with client.Connection(f"http://127.0.0.1:{port}", timeout=8) as made:
        for body in bodies:
            assert made.fetch("POST", "/healthz", body=body).text == '{"status": "ok"}'


def test_body_larger_than_the_first_read_is_read(port):
    assert fetch(port, "POST", "/healthz", b"x" * 300_000).status == 200


def test_pipelined_requests_are_answered(port):
    request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(request * 2 + request[:20])
        time.sleep(0.1)
        connection.sendall(request[20:])
        time.sleep(0.3)
        assert connection.recv(10_000).count(b"HTTP/1.1 200") == 3


def test_body_larger_than_the_limit_is_refused_unread(port):
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 40000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("pieces", [[b"5\r\nabcde\r\n0\r\n\r\n"], [b"5\r\nab", b"cde\r\n"], [b"fffff\r\n"]])
def test_chunked_body_is_refused_unread(port, pieces):
    with socket.create_connection(("127.0.0.1", port), timeout=8) as connection:
        connection.sendall(FORM + b"Transfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            connection.sendall(piece)
        assert connection.recv(100).startswith(b"HTTP/1.1 411")
