"""REDIS_URL=rediss://… connects to Redis by TLS, and checks the certificate of the server."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from scripts.embedded.places import WEB
from tests.support.tls import make_certificates, pump

CACHE = """
import django; django.setup()
from django.core.cache import cache
cache.set("test:tls", "kept"); print(cache.get("test:tls"))
"""


def serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Accept TLS, and forward each connection to the Valkey of the tests."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        try:
            client = context.wrap_socket(client, server_side=True)
        except OSError:
            continue  # The client does not trust the certificate.
        server = socket.socket(socket.AF_UNIX)
        server.connect(urlsplit(os.environ["REDIS_URL"]).path)
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.fixture
def port(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, context), daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(("ca", "said"), [("ca", "kept"), ("other", "None")])
def test_cache_reaches_only_a_redis_with_a_trusted_certificate(port, certificates, ca, said):
    url = f"rediss://localhost:{port}/0?ssl_ca_certs={certificates / ca}.pem"
    env = os.environ | {"REDIS_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}

    done = subprocess.run(
        [sys.executable, "-c", CACHE], cwd=WEB, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said
