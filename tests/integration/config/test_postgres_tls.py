"""TLS to PostgreSQL.

A real client connects to a real server, whose certificate is trusted or not.
"""

import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.tls import make_certificates, pump

WEB = Path(__file__).parents[3] / "services/web"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
CONNECT = "import django; django.setup(); from django.db import connection as c; c.ensure_connection()"


def serve(listener: socket.socket, context: ssl.SSLContext | None, seen: list[bool]) -> None:
    """Accept TLS if a client requests it and `context` is set, and forward the connection to PostgreSQL."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        if client.recv(8, socket.MSG_PEEK) == SSL_REQUEST:
            client.recv(8)
            client.sendall(b"S" if context else b"N")
            try:
                client = context.wrap_socket(client, server_side=True) if context else client
            except OSError:
                client.close()
                continue
        seen.append(isinstance(client, ssl.SSLSocket))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{os.environ['POSTGRES_HOST']}/.s.PGSQL.5432")
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.fixture
def server(certificates):
    """Return a function that starts a server with or without a certificate.

    It returns the port, and a list with an entry for each client, which is true for TLS.
    """
    listeners = []

    def start(*, encrypted: bool = True):
        listener, seen = socket.create_server(("127.0.0.1", 0)), []
        listeners.append(listener)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if encrypted else None
        if context:
            context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        threading.Thread(target=serve, args=(listener, context, seen), daemon=True).start()
        return listener.getsockname()[1], seen

    yield start
    for listener in listeners:
        listener.close()


def connect(port: int, mode: str, root: Path | None = None, host: str = "localhost", command=("-c", CONNECT)):
    env = os.environ | {
        "POSTGRES_HOST": host, "POSTGRES_PORT": str(port), "POSTGRES_PASSWORD": "unused",
        "POSTGRES_SSLMODE": mode, "DJANGO_SETTINGS_MODULE": "config.settings",
        "POSTGRES_SSLROOTCERT": str(root or ""),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, *command], cwd=WEB, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca", "verify-full"])
def test_server_with_a_trusted_certificate_is_connected_to_by_tls(server, certificates, mode):
    port, seen = server()
    done = connect(port, mode, certificates / "ca.pem")

    assert (done.returncode, seen) == (0, [True]), done.stderr


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_a_server_of_another_ca_is_refused_in_one_line(server, certificates, mode):
    port, seen = server()
    done = connect(port, mode, certificates / "other.pem", command=("manage.py", "showmigrations"))

    assert (done.returncode, seen) == (1, [])
    assert done.stderr.startswith("Bobbin cannot reach PostgreSQL: ")
    assert "certificate verify failed" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_server_under_another_name_is_refused_by_verify_full_alone(server, certificates):
    port, _ = server()
    by_address = {"root": certificates / "ca.pem", "host": "127.0.0.1"}

    assert connect(port, "verify-ca", **by_address).returncode == 0
    refused = connect(port, "verify-full", **by_address, command=("manage.py", "showmigrations"))
    assert refused.returncode == 1
    assert "does not match host name" in refused.stderr


@pytest.mark.parametrize(("mode", "status"), [("require", 1), ("prefer", 0), ("disable", 0)])
def test_a_server_without_tls_is_refused_when_it_is_required(server, mode, status):
    port, seen = server(encrypted=False)
    done = connect(port, mode, command=("manage.py", "showmigrations"))

    assert (done.returncode, True in seen) == (status, False), done.stderr
    assert status == 0 or "server does not support SSL" in done.stderr
