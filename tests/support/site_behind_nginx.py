"""A running site whose pages and events have one origin, behind nginx as in compose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings as django_settings
from django.db import connection

from scripts.embedded import web
from tests.support.nginx_site import free_port, nginx_before
from tests.support.running_site import static_files


@dataclass
class SiteBehindNginx:
    """`port` is the port of nginx, and `events` that of the process for live updates behind it."""

    host: str
    port: int
    events: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def site_behind_nginx(folder: Path, host: str) -> Iterator[SiteBehindNginx]:
    """Run a web process and an `events` process on the database of the tests, behind nginx."""
    ports = [str(free_port()) for _ in range(2)]
    env = os.environ | {
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
        "STATIC_ROOT": static_files(),
        "ALLOWED_HOSTS": host,
        "PROXY_COUNT": "1",
    }
    processes = [web.start_web(env, "127.0.0.1", ports[0], folder / "web.log")]
    try:
        events = env | {"EVENTS_PORT": ports[1]}
        processes.append(web.start_events(events, "127.0.0.1", folder / "events.log"))
        with nginx_before(folder, *map(int, ports)) as port:
            yield SiteBehindNginx(host, port, int(ports[1]))
    finally:
        for process in processes:
            process.end()
