"""gunicorn as in production, nginx in front of it if it is installed, and the process of the browsers."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from scripts.embedded import processes, web

WORKERS, THREADS = 2, 4
PLAIN = Path(__file__).with_name("plain_gunicorn.py")
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr warn; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream web {{ server 127.0.0.1:{web}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://web; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }}
  }}
}}
"""


class Web:
    """A running gunicorn. It restarts its workers after some thousand requests."""

    def __init__(self, port: int, child: processes.Child) -> None:
        self.port = port
        self.master = psutil.Process(child.process.pid)

    def memory(self) -> dict[str, float]:
        """Return the MiB of all workers: PSS divides shared pages among them, RSS counts them for each."""
        used = [worker.memory_full_info() for worker in self.master.children()]
        return {kind: sum(getattr(each, kind, 0) for each in used) / 2**20 for kind in ("pss", "rss")}

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of all workers, including those that have exited."""
        ended = self.master.cpu_times()
        living = [worker.cpu_times() for worker in self.master.children()]
        return ended.children_user + ended.children_system + sum(each.user + each.system for each in living)


class Browsers:
    """The process of the browsers (clients.py)."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process

    def run(self, port: int, seconds: float, visits: list[list[dict]]) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"port": port, "seconds": seconds, "visits": visits}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Stack(ExitStack):
    """Context manager that stops the processes that it started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def web(self, name: str = "persistent", **more: str) -> Web:
        """Start a gunicorn with this kind of database connections; `more` extends the environment."""
        port = _free_port()
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bench.settings_http",
            "BENCH_CONNECTIONS": name,
            "WEB_WORKERS": str(WORKERS),
            "WEB_THREADS": str(THREADS),
            "LOG_FORMAT": "json",
            **more,
        }
        child = web.start_web(env, "127.0.0.1", str(port), self.folder / f"web-{name}.log")
        self.callback(child.end)
        return Web(port, child)

    def plain(self) -> tuple[Web, str]:
        """Start the gunicorn of the plain floor (plain.py); return it with the cookie of its user."""
        port = _free_port()
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bench.settings_plain",
            "WEB_WORKERS": str(WORKERS),
            "WEB_THREADS": str(THREADS),
            "WEB_BIND": f"127.0.0.1:{port}",
        }
        made = [sys.executable, "-m", "bench.under_load.plain"]
        cookie = subprocess.run(made, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        command = [sys.executable, "-m", "gunicorn", "--config", PLAIN]
        child = processes.start("the plain floor", command, self.folder / "plain.log", cwd=web.WEB, env=env)
        self.callback(child.end)
        processes.wait_until(lambda: _listens(port), child)
        return Web(port, child), cookie

    def events(self, port: int | None = None, **more: str) -> Web:
        """Start a process `events` on this port, or on a free one; `more` extends the environment."""
        port = port or _free_port()
        own = {"EVENTS_PORT": str(port), "ALLOWED_HOSTS": "127.0.0.1", "LOG_FORMAT": "json"}
        env = os.environ | own | more
        child = web.start_events(env, "127.0.0.1", self.folder / "events.log")
        self.callback(child.end)
        return Web(port, child)

    def kill(self, some: Web) -> None:
        """Kill a server and its workers without a shutdown."""
        for process in [*some.master.children(recursive=True), some.master]:
            process.kill()

    def nginx(self, web: Web) -> int | None:
        """Start nginx in front of `web` and return its port, or None if nginx is not installed."""
        program = shutil.which("nginx")
        if program is None:
            return None
        port = _free_port()
        settings = self.folder / "nginx.conf"
        settings.write_text(NGINX.format(folder=self.folder, web=web.port, port=port))
        child = processes.start(
            "nginx", [program, "-p", self.folder, "-c", settings], self.folder / "nginx.log"
        )
        self.callback(child.end)
        processes.wait_until(lambda: _listens(port), child)
        return port

    def browsers(self) -> Browsers:
        return self.enter_context(_browsers())


@contextmanager
def _browsers() -> Iterator[Browsers]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.under_load.clients"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Only the benchmark handles Ctrl-C; the browsers exit at the end of their input.
        start_new_session=True,
        preexec_fn=processes.ends_with_us(signal.SIGTERM),
    )
    try:
        yield Browsers(process)
    finally:
        process.kill()
        process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
