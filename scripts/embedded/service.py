"""The Django service: its environment, its commands, its web server."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from errors import Failure
from places import RUN, WEB, make_folder
from processes import Child, last_words, start, wait_until


def environment(sockets: Path, host: str = "127.0.0.1") -> dict[str, str]:
    """What the service is told; whatever else the caller has set passes through."""
    ours = {
        "POSTGRES_HOST": str(sockets),
        "POSTGRES_DB": "bobbin",
        "POSTGRES_USER": "bobbin",
        "REDIS_URL": f"unix://{sockets}/valkey.sock?db=0",
        "STATIC_ROOT": str(RUN / "static"),
        "PYTHONUNBUFFERED": "1",
    }
    defaults = {
        "ALLOWED_HOSTS": ",".join(sorted({"localhost", "127.0.0.1", "[::1]", host})),
        "HTTPS": "false",
        "LOG_FORMAT": "console",
    }
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("POSTGRES_")}
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & theirs.keys():
        defaults["SECRET_KEY_FILE"] = str(_secret_key())
    return defaults | theirs | ours


def _secret_key() -> Path:
    make_folder(RUN, 0o755)
    path = RUN / "secret_key"
    if not path.exists():
        unfinished = path.with_suffix(".new")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        unfinished.rename(path)
    return path


def manage(arguments: list[str], env: dict[str, str]) -> int:
    """Run a management command on this terminal; return its exit status."""
    return subprocess.run([sys.executable, "manage.py", *arguments], cwd=WEB, env=env, check=False).returncode


def check_settings(env: dict[str, str]) -> None:
    """Failure with the settings' own words when they refuse; before anything is started."""
    _run([sys.executable, "-c", "import config.settings"], env)


def prepare(env: dict[str, str]) -> None:
    """Apply migrations and collect static files; Failure with Django's own words when it refuses."""
    for arguments in (["migrate", "--noinput", "-v", "0"], ["collectstatic", "--noinput", "-v", "0"]):
        _run([sys.executable, "manage.py", *arguments], env)


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=WEB, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        reason = said[-1] if said else "no reason given"
        raise Failure(reason.removeprefix("Bobbin cannot start: "))


def check_port(host: str, port: str) -> None:
    """Failure unless we can listen there."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Failure(f"PORT={port} is not a port; choose a number from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise Failure(
                f"port {port} of {host} cannot be used ({error.strerror}); choose another: make run PORT=8001"
            ) from None


def start_web(env: dict[str, str], host: str, port: str, log: Path) -> Child:
    """Start gunicorn, and wait until it answers."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    child = start(
        "The web server",
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "config.wsgi"],
        log,
        ending=signal.SIGTERM,
        patience=15,
        cwd=WEB,
        env=env | {"WEB_BIND": address},
    )
    try:
        wait_until(lambda: _answers(f"http://{address}/healthz"), child)
    except Failure:
        child.end()
        raise Failure(f"the web server did not start: {last_words(log)} (log: {log})") from None
    except BaseException:
        child.end()
        raise
    return child


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  (our own http address)
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
