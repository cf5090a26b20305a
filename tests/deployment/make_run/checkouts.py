"""A checkout of this repository, and the stack that runs in it."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.http_client.connection import Answer, fetch

# Variables of the test run that must not reach the stacks.
FOREIGN = re.compile(
    r"^(POSTGRES_|REDIS_|SECRET_|STATIC_|MAKE|MFLAGS|COV|PYTEST|ALLOWED|HTTPS|LOG_|RELEASE|WEB_|BOBBIN)"
)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@dataclass
class Checkout:
    """A copy of the repository, and the user who works in it."""

    folder: Path
    user: dict = field(default_factory=dict)  # Arguments for subprocess.
    port: str = field(default_factory=free_port)

    def start(self, *targets: str, **env: str) -> subprocess.Popen:
        clean = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        return subprocess.Popen(
            ["make", "--no-print-directory", *targets, f"PORT={self.port}"],
            cwd=self.folder,
            env=clean | {"HOME": str(self.folder)} | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **self.user,
        )

    def make(self, *targets: str, **env: str) -> tuple[int, str]:
        process = self.start(*targets, **env)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def run(self, *, one_worker: bool = True, **env: str) -> "Stack":
        process = self.start("run", **({"WEB_WORKERS": "1"} if one_worker else {}) | env)
        said = []
        for line in process.stdout:
            said.append(line)
            if "Bobbin is ready" in line:
                return Stack(self, process)
        raise AssertionError(f"no stack: {''.join(said)}")

    @property
    def state(self) -> dict:
        return json.loads((self.folder / ".run/state.json").read_text())

    @property
    def away(self) -> Path:
        """The data folder of servers that root starts in a folder which other users cannot enter."""
        mark = hashlib.sha256(str(self.folder.resolve() / ".run").encode()).hexdigest()[:8]
        return Path(f"/var/lib/bobbin-{mark}")

    def clear_up(self) -> None:
        if (self.folder / ".run/state.json").exists():
            self.make("stop")
        shutil.rmtree(self.away, ignore_errors=True)


@dataclass
class Stack:
    checkout: Checkout
    process: subprocess.Popen

    def __post_init__(self):
        self.sockets = Path(self.checkout.state["sockets"])
        self.supervisor = psutil.Process(self.checkout.state["supervisor"]["pid"])
        self.children = self.supervisor.children(recursive=True)

    def get(self, path: str) -> Answer:
        return fetch(f"http://127.0.0.1:{self.checkout.port}", "GET", path)

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)  # A terminal sends SIGINT to the whole process group.
        return self.process.wait(60)

    def servers(self) -> list:
        return [child for child in self.children if child.name() in {"postgres", "valkey-server"}]

    def left_over(self, seconds: float = 30) -> list:
        """Wait up to `seconds` for the processes of this stack to exit, and return the remaining ones."""
        _, alive = psutil.wait_procs([self.supervisor, *self.children], timeout=seconds)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
