"""A PgBouncer with the settings of the Pooler in k8s/ and of CloudNativePG, but a very small pool."""

import contextlib
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

from scripts.embedded.places import server_user
from scripts.embedded.processes import start, wait_until
from tests.deployment.pgbouncer import manifests

# So small that eight threads share the connections, and see session state that another leaves behind.
POOL_SIZE = 3
# Settings that CloudNativePG adds: PgBouncer ignores session options instead of refusing them.
OF_THE_OPERATOR = {"ignore_startup_parameters": "extra_float_digits,options", "log_stats": "0"}


class PgBouncer:
    def __init__(self, program: str, folder: Path) -> None:
        self.port, self.password = free_port(), secrets.token_hex(16)
        user = server_user()  # PgBouncer refuses root, and PostgreSQL identifies the client by its OS user.
        home = folder / "pgbouncer"
        home.mkdir()
        self.certificate = home / "tls.crt"
        make_certificate(home)
        (home / "users.txt").write_text(f'"bobbin" "{self.password}"\n')
        (home / "pgbouncer.ini").write_text(self._settings(home))
        for path in (home, *home.iterdir()):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if user.switch:
                os.chown(path, user.uid, user.gid)
        log = folder / "pgbouncer.log"
        self.child = start("PgBouncer", [program, home / "pgbouncer.ini"], log, user=user, cwd="/")
        wait_until(self._listens, self.child, 20)

    def _settings(self, home: Path) -> str:
        spec = manifests.pooler()
        settings = (
            {"pool_mode": spec["poolMode"]}
            | spec["parameters"]
            | {"default_pool_size": str(POOL_SIZE)}
            | OF_THE_OPERATOR
            | {
                "listen_addr": "127.0.0.1",
                "listen_port": str(self.port),
                "unix_socket_dir": "",
                "auth_type": "scram-sha-256",
                "auth_file": str(home / "users.txt"),
                "admin_users": "bobbin",
                "client_tls_sslmode": "prefer",
                "client_tls_key_file": str(home / "tls.key"),
                "client_tls_cert_file": str(home / "tls.crt"),
            }
        )
        lines = [f"{name} = {value}" for name, value in settings.items()]
        postgres = f"* = host={os.environ['POSTGRES_HOST']} port=5432"
        return "\n".join(["[databases]", postgres, "[pgbouncer]", *lines, ""])

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self) -> None:
        self.child.end()

    def connect(self, database: str = "bobbin") -> psycopg.Connection:
        """Connect like web: over TCP, with a password, without prepared statements."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="bobbin",
            password=self.password,
            dbname=database,
            autocommit=True,
            prepare_threshold=None,
        )

    def tls_of_clients(self) -> set[str]:
        """Return the TLS versions of all clients but the console; "" is a client without TLS."""
        with self.connect("pgbouncer") as console:
            cursor = console.execute("SHOW CLIENTS")
            names = [column.name for column in cursor.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return {row["tls"] for row in rows if row["database"] == "bobbin"}

    def pool(self) -> dict[str, int]:
        """Return the current numbers of clients and server connections, as `SHOW POOLS` reports them."""
        with self.connect("pgbouncer") as console:
            cursor = console.execute("SHOW POOLS")
            names = [column.name for column in cursor.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        (pool,) = [row for row in rows if row["database"] == "bobbin"]
        return {name: int(value) for name, value in pool.items() if name[:3] in {"cl_", "sv_"}}

    @contextlib.contextmanager
    def every_connection(self) -> Iterator[list[psycopg.Connection]]:
        """Yield clients that hold all server connections of the pool at the same time."""
        with contextlib.ExitStack() as held:
            clients = [held.enter_context(self.connect()) for _ in range(POOL_SIZE)]
            for client in clients:
                client.execute("BEGIN")
                client.execute("SELECT 1")
            yield clients
            for client in clients:
                client.execute("COMMIT")


def make_certificate(home: Path) -> None:
    """Make a certificate with a name of the Cluster, as the operator does: the pooler's is not in it."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", home / "tls.key"]
    subject = ["-subj", "/CN=postgres-rw", "-days", "2", "-out", home / "tls.crt"]
    subprocess.run(["openssl", "req", "-x509", *key, *subject], check=True, capture_output=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
