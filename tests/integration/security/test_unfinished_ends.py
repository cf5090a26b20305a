"""The server closes connections whose request is too slow or too large, also without nginx."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings

pytestmark = pytest.mark.xdist_group("unfinished ends")  # They share a site.
WEB = Path(__file__).parents[3] / "services/web"

# The default of 15 s would make the tests slow.
CONF = "exec(open('gunicorn.conf.py').read())\nfrom config import workers as ours\nours.READ_SECONDS = 0.6\n"
HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
MULTIPART = HEAD + b"Content-Type: multipart/form-data; boundary=b\r\n"
UNFINISHED = {
    "a part of the line": b"GET /acc",
    "a part of the head": b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "a part of the body": HEAD + b"Content-Length: 900\r\n\r\na=",
    "no body": HEAD + b"Content-Length: 1\r\n\r\n",
    "a part of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "chunks without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n",
}
A_FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    (folder / "conf.py").write_text(CONF)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]), "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", "TMPDIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.support.plain_static_files", "PYTHONPATH": str(WEB.parents[1]),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config", folder / "conf.py"]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=WEB, env=env, stdout=said, stderr=said)
    until = time.monotonic() + 30
    while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until:
        assert process.poll() is None, (folder / "said").read_text()
        time.sleep(0.1)
    yield port
    assert [file.name for file in folder.iterdir() if file.stat().st_size > 100_000] == []
    process.send_signal(signal.SIGTERM)
    process.wait(40)


def said_until_closed(connection) -> bytes:
    """Return the bytes that the server sends before it closes the connection.

    Raise TimeoutError if it does not close the connection.
    """
    said = b""
    try:
        while piece := connection.recv(4096):
            said += piece
    except ConnectionResetError:
        pass
    return said


def test_connections_of_requests_that_are_not_finished_in_time_are_closed(port):
    held = {name: socket.create_connection(("127.0.0.1", port), timeout=10) for name in UNFINISHED}
    for name, connection in held.items():
        connection.sendall(UNFINISHED[name])

    answers = {name: said_until_closed(connection) for name, connection in held.items()}
    assert [name for name, said in answers.items() if b" 200 " in said] == []


def test_slow_single_bytes_do_not_prolong_the_time_of_a_request(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(UNFINISHED["a part of the head"])
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.1)


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"Content-Length: 40000000\r\n\r\n"],
        [MULTIPART + b"Content-Length: 40000000\r\n\r\n" + A_FILE, *[b"x" * 65536] * 4],
        [MULTIPART + b"Content-Length: 600000\r\n\r\n" + A_FILE],
        [HEAD + b"X-Long: " + b"x" * 70_000],
    ],
    ids=["40 MB", "40 MB of a file", "600 kB of a file", "70 kB of head"],
)
def test_request_larger_than_the_limit_is_refused_before_it_is_read(port, parts):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert b" 413 " in said_until_closed(connection)[:100]


@pytest.mark.parametrize("size", [600_000, 1_000_000, 2_000_000])
def test_client_that_sends_a_large_form_gets_the_whole_page(port, size):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
        head, _, page = said_until_closed(connection).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 413 Content Too Large")
    assert b"Content-Length: %d" % len(page) in head
    assert b"at most 10,000 characters" in page
    assert b'href="/chats/"' in page
    assert page.endswith(b"</html>")
