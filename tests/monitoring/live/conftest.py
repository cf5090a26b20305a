"""One stack for all these tests: it is started, everything happens to it, and then it is asked."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from drive import drive
from monitored import Monitored
from prometheus import Prometheus


@dataclass(frozen=True)
class Seen:
    """What Prometheus saw."""

    prometheus: Prometheus
    start: float
    end: float

    def has(self, expr: str) -> bool:
        return self.prometheus.has(expr, self.start, self.end)


@pytest.fixture(scope="session")
def seen(tmp_path_factory):
    # A short path: that of a socket may have 107 bytes.
    folder = tmp_path_factory.mktemp("monitored")
    with Monitored(Path(folder)) as stack:
        stack.start()
        start, end = drive(stack)
        time.sleep(3)  # Until the last of it was read.
        yield Seen(stack.prometheus, start, end)
