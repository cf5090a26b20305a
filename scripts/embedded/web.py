"""The HTTP processes: gunicorn for the pages, gunicorn for live updates, and the metrics process."""

import signal
import sys
from pathlib import Path

from scripts.embedded import ports
from scripts.embedded.errors import Failure
from scripts.embedded.places import WEB
from scripts.embedded.processes import Child, last_words, start, wait_until
from scripts.embedded.service import PREFIX


def with_events(env: dict[str, str], host: str, port: str) -> dict[str, str]:
    """Return `env` with a port for live updates, because without a proxy they have a separate port."""
    found = ports.port_beside("EVENTS_PORT", port, 100, host)
    scheme = "https" if env["HTTPS"] == "true" else "http"
    origins = [f"{scheme}://{name}:{port}" for name in env["ALLOWED_HOSTS"].split(",")]
    return {"EVENTS_ORIGINS": ",".join(origins)} | env | {"EVENTS_PORT": found}


def start_web(env: dict[str, str], host: str, port: str, log: Path) -> Child:
    """Start gunicorn for the pages and wait until it answers."""
    bind = {"WEB_BIND": _address(host, port)}
    return _start("the web server", _gunicorn("gunicorn.conf.py"), env | bind, host, port, log)


def start_events(env: dict[str, str], host: str, log: Path) -> Child:
    """Start gunicorn for live updates and wait until it answers."""
    port = env["EVENTS_PORT"]
    bind = {"EVENTS_BIND": _address(host, port)}
    command = _gunicorn("gunicorn_events.conf.py")
    return _start("the server of live updates", command, env | bind, host, port, log)


def start_metrics(env: dict[str, str], port: str, log: Path) -> Child:
    """Start the process that serves the metrics of the other processes, on the loopback address only."""
    command = [sys.executable, "-m", "observability.serve"]
    bind = {"METRICS_BIND": f"127.0.0.1:{port}"}
    return _start("the metrics process", command, env | bind, "127.0.0.1", port, log)


def _gunicorn(config: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", config]


def _address(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _start(name: str, command: list[str], env: dict[str, str], host: str, port: str, log: Path) -> Child:
    child = start(
        name[0].upper() + name[1:],
        command,
        log,
        ending=signal.SIGTERM,
        patience=25,  # Longer than gunicorn's graceful_timeout.
        cwd=WEB,
        env=env,
    )
    try:
        wait_until(lambda: ports.answers(host, int(port)), child)
    except Failure:
        child.end()
        reason = last_words(log).removeprefix(PREFIX)
        raise Failure(f"{name} did not start: {reason} (log: {log})") from None
    except BaseException:
        child.end()
        raise
    return child
