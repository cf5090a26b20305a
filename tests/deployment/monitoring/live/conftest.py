"""One stack for all tests here: it is started, put under load with failures, and then queried."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deployment.monitoring.live.drive import drive
from tests.deployment.monitoring.live.monitored import Monitored
from tests.deployment.monitoring.live.prometheus import Prometheus


@dataclass(frozen=True)
class Seen:
    """The data that Prometheus collected between `start` and `end`."""

    prometheus: Prometheus
    start: float
    end: float

    def has(self, expr: str) -> bool:
        return self.prometheus.has(expr, self.start, self.end)


@pytest.fixture(scope="session")
def seen(tmp_path_factory):
    # Use a short path, since a socket path has at most 107 bytes.
    folder = tmp_path_factory.mktemp("monitored")
    with Monitored(Path(folder)) as stack:
        stack.start()
        start, end = drive(stack)
        time.sleep(3)  # Wait for the last scrape.
        yield Seen(stack.prometheus, start, end)
