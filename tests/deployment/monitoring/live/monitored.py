"""A complete site that a real Prometheus scrapes every second: gunicorn, metrics process, nginx, exporters.

PostgreSQL is that of the test run. Redis is a separate one, which the tests can stop.
"""

import os
import shutil
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from scripts.embedded import processes, service, web
from tests.deployment.monitoring.live import configuration
from tests.deployment.monitoring.live.prometheus import Prometheus
from tests.support.harmed_valkey import Server

ROOT = Path(__file__).resolve().parents[4]

WORKERS, THREADS = 2, 4
WINDOW = "15s"  # Replaces $__rate_interval, for a scrape interval of one second.
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr warn; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream web {{ server 127.0.0.1:{web}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{edge};
    location / {{
      proxy_pass http://web; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }}
  }}
  server {{ listen 127.0.0.1:{status}; location = /stub_status {{ stub_status; }} }}
}}
"""


class Monitored(ExitStack):
    """Context manager for all processes, which it stops in reverse order."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        folder.chmod(0o755)  # nginx that root starts runs its workers as another user.
        names = ("web", "events", "metrics", "edge", "status", *configuration.PORTS.values())
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.url = f"http://127.0.0.1:{self.ports['edge']}"
        self.children: dict[str, processes.Child] = {}
        self.redis = Server(folder)
        self.prometheus = Prometheus(self.ports["prometheus"])
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.deployment.monitoring.live.monitored_settings",
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": f"unix://{self.redis.socket}?db=0",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
            "ALLOWED_HOSTS": "127.0.0.1",
            "WEB_WORKERS": str(WORKERS),
            "WEB_THREADS": str(THREADS),
            "LOG_FORMAT": "json",
        }

    def start(self) -> None:
        (self.folder / "metrics").mkdir()
        self.start_redis()
        self.callback(self.redis.stop)
        service.migrate(self.environment)
        service.collect_static_files(self.environment)
        self.start_web()
        self.start_events()
        self._start_metrics()
        self.start_nginx()
        self._start_exporters()
        self.start_prometheus()

    def start_redis(self) -> None:
        """Start Redis with a memory limit, as in production."""
        self.redis.start()
        self.redis.client().config_set("maxmemory", "64mb")
        self.redis.client().config_set("maxmemory-policy", "allkeys-lru")

    def start_web(self) -> None:
        child = web.start_web(self.environment, "127.0.0.1", str(self.ports["web"]), self.folder / "web.log")
        self._keep("web", child)
        self.gunicorn = psutil.Process(child.process.pid)

    def start_events(self) -> None:
        with_port = self.environment | {"EVENTS_PORT": str(self.ports["events"])}
        self._keep("events", web.start_events(with_port, "127.0.0.1", self.folder / "events.log"))

    def _start_metrics(self) -> None:
        port = str(self.ports["metrics"])
        self._keep("metrics", web.start_metrics(self.environment, port, self.folder / "metrics.log"))

    def start_nginx(self) -> None:
        settings = self.folder / "nginx.conf"
        settings.write_text(NGINX.format(folder=self.folder, **self.ports))
        self._run("edge", ["nginx", "-p", self.folder, "-c", settings])

    def _start_exporters(self) -> None:
        database = (
            f"host={self.environment['POSTGRES_HOST']} port=5432 user=bobbin dbname=bobbin sslmode=disable"
        )
        textfiles = self.folder / "textfiles"
        textfiles.mkdir()
        (textfiles / "backup.prom").write_text(
            f"bobbin_archive_waiting_seconds 0\n"
            f"bobbin_backup_last_success_timestamp_seconds {time.time():.0f}\n"
            f"bobbin_backup_service_timestamp_seconds {time.time() + 3600:.0f}\n"
            f"bobbin_base_backup_last_success_timestamp_seconds {time.time():.0f}\n"
        )
        options = {
            "postgres": [],
            "redis": [f"-redis.addr=unix://{self.redis.socket}"],
            "nginx": [f"-nginx.scrape-uri=http://127.0.0.1:{self.ports['status']}/stub_status"],
            "node": [
                f"--collector.{name}"
                for name in ("disable-defaults", "filesystem", "textfile", f"textfile.directory={textfiles}")
            ],
            "blackbox": [f"--config.file={ROOT / 'deploy/blackbox/blackbox.yml'}"],
        }
        for name, arguments in options.items():
            listen = f"-web.listen-address=127.0.0.1:{self.ports[name]}"
            dash = "" if name in {"redis", "nginx"} else "-"
            command = [f"prometheus-{name}-exporter", f"{dash}{listen}", *arguments]
            self._run(name, command, env=processes.BARE_ENVIRONMENT | {"DATA_SOURCE_NAME": database})

    def start_prometheus(self, *options: str, alertmanager: int | None = None, **env: str) -> None:
        settings = self.folder / "prometheus.yml"
        settings.write_text(configuration.prometheus(self.ports, self.folder, alertmanager))
        command = [
            "prometheus",
            f"--config.file={settings}",
            f"--storage.tsdb.path={self.folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}",
            *options,
        ]
        child = self._run("prometheus", command, env=processes.BARE_ENVIRONMENT | env)
        processes.wait_until(self.prometheus.is_ready, child)
        processes.wait_until(
            lambda: {target["health"] for target in self.prometheus.targets()} == {"up"}, child
        )

    def _run(self, name: str, command: list, **options) -> processes.Child:
        """Start a program, and wait until it listens on the port of this name."""
        options = {"env": processes.BARE_ENVIRONMENT} | options
        child = processes.start(
            name, [_program(command[0]), *command[1:]], self.folder / f"{name}.log", **options
        )
        self._keep(name, child)
        processes.wait_until(lambda: _listens(self.ports[name]), child, 30)
        return child

    def _keep(self, name: str, child: processes.Child) -> None:
        self.children[name] = child
        self.callback(child.end)


def _program(name: str) -> str:
    # Debian installs nginx in /usr/sbin, which is not on the PATH of a plain user.
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: run `make test-monitoring`")
    return found


def free_ports(count: int) -> list[int]:
    """Return different free ports; all are bound at the same time."""
    with ExitStack() as probes:
        bound = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in bound:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in bound]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
