"""Checkouts of this repository in folders of their own, and stacks that run in them."""

import hashlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
# What the test run itself was told must not reach the stacks that it starts.
FOREIGN = re.compile(r"^(POSTGRES_|REDIS_|SECRET_|STATIC_|MAKE|MFLAGS|COV|PYTEST|ALLOWED|HTTPS|LOG_|RELEASE)")


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

    def run(self, **env: str) -> "Stack":
        process = self.start("run", **env)
        said = []
        for line in process.stdout:
            said.append(line)
            if "Bobbin is ready" in line:
                return Stack(self, process)
        raise AssertionError(f"no stack: {''.join(said)}")

    @property
    def state(self) -> dict:
        return json.loads((self.folder / ".run/state.json").read_text())


@dataclass
class Stack:
    checkout: Checkout
    process: subprocess.Popen

    def __post_init__(self):
        self.sockets = Path(self.checkout.state["sockets"])
        self.supervisor = psutil.Process(self.checkout.state["pid"])
        self.children = self.supervisor.children(recursive=True)

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.checkout.port}{path}", timeout=10) as response:
            return response.status, response.read().decode()

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)  # A terminal tells the whole group.
        return self.process.wait(60)

    def left_over(self, seconds: float = 30) -> list:
        """The processes of this stack that still run, after some seconds if need be."""
        _, alive = psutil.wait_procs([self.supervisor, *self.children], timeout=seconds)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def copy_repository(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


@pytest.fixture
def checkout(tmp_path):
    """A copy of the repository, with the packages that are installed already."""
    folder = tmp_path / "bobbin"
    folder.mkdir()
    copy_repository(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    made = Checkout(folder)
    yield made
    made.make("stop")
    # Where root's servers keep what they cannot keep in a closed folder.
    mark = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    shutil.rmtree(f"/var/lib/bobbin-{mark}", ignore_errors=True)


@pytest.fixture
def plain_checkout():
    """A checkout of a plain user, who may be unable to enter where root has installed the packages."""
    if os.geteuid() != 0:
        pytest.skip("a plain user is what all the other tests run as")
    python = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path(python).exists():
        pytest.skip(f"needs {python}, which a plain user can run")
    user = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="plain-", dir="/tmp", ignore_cleanup_errors=True) as base:
        folder = Path(base) / "bobbin"
        folder.mkdir()
        copy_repository(folder)
        subprocess.run([python, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
        lock = folder / "services/web/requirements/dev.txt"
        install = ["pip", "install", "--quiet", "--python", folder / ".venv/bin/python", "--require-hashes"]
        subprocess.run([f"{sys.prefix}/bin/uv", *install, "-r", lock], check=True)
        shutil.copy(Path(sys.prefix) / "installed.sum", folder / ".venv/installed.sum")
        subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", base], check=True)
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        made = Checkout(folder, user=identity)
        yield made
        made.make("stop")


@pytest.fixture
def stack(checkout):
    return checkout.run()
