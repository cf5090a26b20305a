"""A running site for browsers: a gunicorn for the pages, and a gunicorn for live updates."""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil
from django.conf import settings as django_settings
from django.db import connection

from scripts.embedded import service, web

ROOT = Path(__file__).parents[2]


class Site:
    def __init__(self, url, env, folder, processes) -> None:
        self.url, self.env, self.folder, self.processes = url, env, folder, processes

    def kill_events(self) -> None:
        """Kill the process and its workers without a shutdown, as if the machine were lost."""
        started = psutil.Process(self.processes[1].process.pid)
        for process in [*started.children(recursive=True), started]:
            process.kill()
        self.processes[1].process.wait()

    def start_events(self) -> None:
        self.processes[1] = web.start_events(self.env, "127.0.0.1", self.folder / "events.log")


@cache
def static_files() -> str:
    """Return the folder of the collected static files, which all sites of this process share."""
    folder = tempfile.mkdtemp(prefix="static-", dir="/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    service.collect_static_files(os.environ | {"STATIC_ROOT": folder, "ALLOWED_HOSTS": "127.0.0.1"})
    return folder


@contextmanager
def running_site(live=True, **settings) -> Iterator[Site]:
    """Run a site on the database of the tests, with live updates if `live`.

    `settings` are added to the environment.
    """
    with tempfile.TemporaryDirectory(prefix="browser-", dir="/tmp") as name:
        folder = Path(name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        env = os.environ | {
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
            "STATIC_ROOT": static_files(),
            "ALLOWED_HOSTS": "127.0.0.1,bobbin.test",
            "DEMO": "true",
            **settings,
        }
        env = web.with_events(env, "127.0.0.1", port)
        processes = [web.start_web(env, "127.0.0.1", port, folder / "web.log")]
        try:
            if live:
                processes.append(web.start_events(env, "127.0.0.1", folder / "events.log"))
            yield Site(f"http://127.0.0.1:{port}", env, folder, processes)
        finally:
            for process in processes:
                process.end()
