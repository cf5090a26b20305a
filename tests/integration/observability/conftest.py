"""Bobbin as in production: gunicorn with two workers, and the separate metrics process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from tests.support.http_client.connection import Answer, fetch

WEB = Path(__file__).resolve().parents[3] / "services/web"
WORKERS, THREADS = 2, 2


@pytest.fixture
def counted():
    """Return a function that returns the increase of a metric of this process since the start of the test."""
    before: dict = {}

    def value(name, labels):
        return REGISTRY.get_sample_value(name, labels) or 0

    for metric in REGISTRY.collect():
        for sample in metric.samples:
            before[sample.name, tuple(sorted(sample.labels.items()))] = sample.value

    def risen(name, **labels):
        return value(name, labels) - before.get((name, tuple(sorted(labels.items()))), 0)

    return risen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(ready, what: str, seconds: float = 60):
    """Wait until `ready()` returns a true value, and return it."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.05)
    return found


@dataclass
class Site:
    port: int
    metrics_port: int
    folder: Path
    master: psutil.Process

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"

    def fetch(self, path, method="GET", headers=None, body=None) -> Answer:
        return fetch(self.url, method, path, headers, body)

    def metrics_text(self) -> str:
        answer = fetch(f"http://127.0.0.1:{self.metrics_port}", "GET", "/metrics")
        assert answer.status == 200, answer.text
        return answer.text

    def series(self) -> dict:
        """Return the value of each series by its name and labels."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.metrics_text())
            for sample in family.samples
        }

    def total(self, name, **labels) -> float:
        """Return the sum of all series with this name and these labels."""
        return sum(
            value
            for (found, its_labels), value in self.series().items()
            if found == name and labels.items() <= dict(its_labels).items()
        )

    def workers(self) -> list[psutil.Process]:
        return self.master.children()


@pytest.fixture(scope="session")
def static_files(tmp_path_factory):
    """Collect the static files once, because the pages of the real server need them."""
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, WEB / "manage.py", "collectstatic", "--noinput", "-v", "0"],
        env=os.environ | {"STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture(scope="package")
def _site(django_db_setup, tmp_path_factory, static_files):
    with contextlib.ExitStack() as ending:
        yield _start(tmp_path_factory.mktemp("site"), static_files, ending)


@pytest.fixture
def site(_site, transactional_db):
    """The site that all tests of this folder share, with all its workers."""
    until(lambda: _site.total("bobbin_gunicorn_workers") == WORKERS, "workers")
    return _site


def _start(base: Path, static_files: Path, ending: contextlib.ExitStack) -> Site:
    folder, port, metrics_port = base / "metrics", free_port(), free_port()
    reported = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "REDIS_URL": str(settings.CACHES["default"]["LOCATION"]),
        "STATIC_ROOT": str(static_files),
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": str(WORKERS),
        "WEB_THREADS": str(THREADS),
        "METRICS_BIND": f"127.0.0.1:{metrics_port}",
    }
    gunicorn = ["gunicorn", "--config", "gunicorn.conf.py", "config.wsgi"]
    master = ending.enter_context(running(gunicorn, reported, base / "web.log"))
    until(lambda: len(list(folder.glob("counter_web*.db"))) == WORKERS, "workers")
    ending.enter_context(running(["observability.serve"], reported, base / "metrics.log"))
    site = Site(port, metrics_port, folder, master)
    until(lambda: answers(metrics_port), "metrics process")
    until(lambda: site.total("bobbin_gunicorn_workers") == WORKERS, "workers that answer")
    return site


@contextlib.contextmanager
def running(arguments, env, log: Path):
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=WEB, env=env, stdout=output, stderr=output
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def cookies_of(browser_of):
    """Return a function that returns the headers of a client in which the given user is logged in."""

    def headers(user) -> dict[str, str]:
        browser = browser_of(user)
        return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())}

    return headers
