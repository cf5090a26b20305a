"""A real ACME server (Pebble) in the network of the stack, and this machine as a client of the site."""

import json
import os
import socket
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path

from tests.deployment.compose.containers import Containers, free_port

DOMAIN = "messages.test"
OVERRIDE = "tests/deployment/compose/acme.yml"
CONFIG = {
    "listenAddress": "0.0.0.0:14000",
    "managementListenAddress": "0.0.0.0:15000",
    "certificate": "/etc/pebble/cert.pem",
    "privateKey": "/etc/pebble/key.pem",
    "httpPort": 80,
    "tlsPort": 443,
}


class Domain:
    """The settings that start Caddy for DOMAIN on free ports of this machine."""

    def __init__(self, stack: Containers) -> None:
        self.stack, self.management = stack, free_port()
        self.http, self.https = free_port(), free_port()
        self.url = f"https://{DOMAIN}:{self.https}"
        self.folder = stack.folder / "acme"
        self.folder.mkdir()
        subprocess.run(
            [
                "openssl", "req", "-x509", "-nodes",
                "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-subj", "/CN=pebble", "-addext", "subjectAltName=DNS:pebble",
                "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem",
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        (self.folder / "config.json").write_text(json.dumps({"pebble": CONFIG}))
        for file in self.folder.iterdir():
            file.chmod(0o644)
        self.settings = {
            "COMPOSE_FILE": f"{os.environ.get('COMPOSE_FILE', 'docker-compose.yml')}:{OVERRIDE}",
            "COMPOSE_PROFILES": "https",
            "DOMAIN": DOMAIN,
            "TRUSTED_PROXY": "gateway",
            "PEBBLE_MANAGEMENT": str(self.management),
            "PUBLISH_HTTP": f"127.0.0.1:{self.http}",
            "PUBLISH_HTTPS": f"127.0.0.1:{self.https}",
            "CADDY_GLOBAL_OPTIONS": "acme_ca https://pebble:14000/dir\nacme_ca_root /etc/pebble/cert.pem",
        }

    def root(self) -> Path:
        """Return the file of the root certificate that Pebble made when it started."""
        context = ssl.create_default_context(cafile=self.folder / "cert.pem")
        context.check_hostname = False  # The certificate is for its name in the network.
        with urllib.request.urlopen(
            f"https://127.0.0.1:{self.management}/roots/0", context=context
        ) as answer:
            (self.folder / "root.pem").write_bytes(answer.read())
        return self.folder / "root.pem"

    def wait_for_the_certificate(self, seconds: float = 60) -> dict:
        """Return the certificate of the site, verified against Pebble's root."""
        context = ssl.create_default_context(cafile=self.root())
        context.set_alpn_protocols(["h2"])
        until = time.monotonic() + seconds
        while True:
            try:
                line = socket.create_connection(("127.0.0.1", self.https), timeout=5)
                with line, context.wrap_socket(line, server_hostname=DOMAIN) as encrypted:
                    return encrypted.getpeercert() | {"protocol": encrypted.selected_alpn_protocol()}
            except OSError:
                assert time.monotonic() < until, self.stack.compose("logs", "--tail=20", "caddy", "pebble")
                time.sleep(0.25)

    def replace_the_certificate(self, seconds: int) -> None:
        """Make Caddy obtain a new certificate, which is valid for so many seconds."""
        # Older releases of Pebble read the first setting, newer ones the second.
        profiles = {"default": {"description": "short", "validityPeriod": seconds}}
        config = CONFIG | {"certificateValidityPeriod": seconds, "profiles": profiles}
        (self.folder / "config.json").write_text(json.dumps({"pebble": config}))
        self.stack.compose("restart", "pebble")  # It does not know Caddy's account afterwards.
        self.stack.compose("exec", "--no-TTY", "caddy", "sh", "-c", "rm -r /data/caddy/*")
        self.stack.compose("restart", "caddy")
