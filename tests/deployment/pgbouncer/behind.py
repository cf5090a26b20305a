"""The processes of Bobbin behind the pooler, and their database."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg

from scripts.embedded import service, web
from scripts.embedded.places import ROOT, WEB
from tests.deployment.pgbouncer import manifests
from tests.deployment.pgbouncer.pgbouncer import PgBouncer, free_port

# Settings that the test environment provides; all others come from the manifests.
TEST_SETTINGS = {
    "FORWARDED_ALLOW_IPS",
    "HTTPS",
    "PROXY_COUNT",
    "POSTGRES_HOST",
    "POSTGRES_USER",
    "ALLOWED_HOSTS",
}


def direct() -> psycopg.Connection:
    """Return a connection that bypasses the pooler."""
    return psycopg.connect(
        host=os.environ["POSTGRES_HOST"], port=5432, user="bobbin", dbname="bobbin", autocommit=True
    )


def database_as_in_production() -> None:
    """Apply the SQL of CloudNativePG for a new database, and the time zone of its image."""
    with direct() as connection:
        for statement in manifests.cluster()["bootstrap"]["initdb"]["postInitApplicationSQL"]:
            connection.execute(statement)
        connection.execute("ALTER DATABASE bobbin SET timezone = 'Etc/UTC'")


def _given(settings: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in settings.items()
        if name not in TEST_SETTINGS and not name.endswith("_FILE")
    }


class Site:
    """The processes `web` and `events`."""

    def __init__(self, pgbouncer: PgBouncer, folder: Path) -> None:
        port = str(free_port())
        self.direct_env = (
            os.environ | {"ALLOWED_HOSTS": "127.0.0.1"} | _given(manifests.settings_of_migrations())
        )
        self.env = (
            os.environ
            | {"ALLOWED_HOSTS": "127.0.0.1", "LOG_FORMAT": "json"}
            | _given(manifests.settings())
            | {
                "POSTGRES_HOST": "127.0.0.1",
                "POSTGRES_PORT": str(pgbouncer.port),
                "POSTGRES_PASSWORD": pgbouncer.password,
                "POSTGRES_SSLROOTCERT": str(pgbouncer.certificate),
            }
        )
        self.manage("migrate", "--noinput", env=self.direct_env)
        service.collect_static_files(self.env)
        self.env = web.with_events(self.env, "127.0.0.1", port)
        self.url, self.events_port = f"http://127.0.0.1:{port}", int(self.env["EVENTS_PORT"])
        self.log = folder / "web.log"
        self.children = [web.start_web(self.env, "127.0.0.1", port, self.log)]
        self.children.append(web.start_events(self.env, "127.0.0.1", folder / "events.log"))
        self.pooler_port = pgbouncer.port

    def end(self) -> None:
        for child in reversed(self.children):
            child.end()

    def manage(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        return self.run(sys.executable, str(WEB / "manage.py"), *arguments, env=env or self.env)

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen]:
        """Start a management command with open pipes, and kill it at the end of the block."""
        command = [sys.executable, str(WEB / "manage.py"), *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, cwd=ROOT, env=self.env, text=True, **pipes) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *command: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=env or os.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def connections_of_events(self) -> int:
        """Return the current number of connections from `events` to the pooler."""
        process = psutil.Process(self.children[1].process.pid)
        return sum(
            connection.status == psutil.CONN_ESTABLISHED and connection.raddr.port == self.pooler_port
            for each in [process, *process.children(recursive=True)]
            for connection in each.net_connections("tcp")
            if connection.raddr
        )
