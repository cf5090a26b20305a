"""Copies of this repository in temporary folders, and stacks that run in them."""

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

ROOT = Path(__file__).parents[3]
# Variables of the test run that must not reach the stacks.
FOREIGN = re.compile(
    r"^(POSTGRES_|REDIS_|SECRET_|STATIC_|MAKE|MFLAGS|COV|PYTEST|ALLOWED|HTTPS|LOG_|RELEASE|WEB_|BOBBIN)"
)
NOT_COPIED = (
    ".git",
    ".venv*",
    "node_modules",
    ".run",
    ".env",
    "secrets",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    ".coverage*",
    "htmlcov",
)
NOT_NEEDED = shutil.ignore_patterns("__pycache__", "mypy*", "*-stubs", "ruff*", "playwright*")


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

    @property
    def away(self) -> Path:
        """The data folder of servers that root starts in a folder which other users cannot enter."""
        mark = hashlib.sha256(str(self.folder.resolve() / ".run").encode()).hexdigest()[:8]
        return Path(f"/var/lib/bobbin-{mark}")

    def clear_up(self) -> None:
        if (self.folder / ".venv").exists():
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

    def get(self, path: str) -> tuple[int, str]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.checkout.port}{path}", timeout=10) as response:
            return response.status, response.read().decode()

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)  # A terminal sends SIGINT to the whole process group.
        return self.process.wait(60)

    def servers(self) -> list:
        return [child for child in self.children if child.name() in {"postgres", "valkey-server"}]

    def left_over(self, seconds: float = 30) -> list:
        """Wait up to `seconds` for the processes of this stack to exit, and return the remaining ones."""
        _, alive = psutil.wait_procs([self.supervisor, *self.children], timeout=seconds)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def copy_repository(target: Path) -> None:
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_COPIED))


def _checkout(folder: Path) -> Checkout:
    """Copy the repository, and link the installed packages."""
    copy_repository(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return Checkout(folder)


@pytest.fixture
def checkout():
    """A checkout that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="checkout-", dir="/tmp", ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o755)
        made = _checkout(Path(base) / "bobbin")
        yield made
        made.clear_up()


@pytest.fixture
def closed_checkout():
    """A checkout with a long path that only its owner may enter, like one in a home directory."""
    if os.geteuid() != 0:
        pytest.skip("needs root, who may enter what others may not")
    with tempfile.TemporaryDirectory(prefix="closed-", dir="/tmp", ignore_cleanup_errors=True) as base:
        made = _checkout(Path(base) / ("d" * 100) / "bobbin")
        yield made
        made.clear_up()


@pytest.fixture
def plain_checkout():
    """A checkout of a plain user, who may be unable to read the packages that root installed."""
    if os.geteuid() != 0:
        pytest.skip("a plain user is what all the other tests run as")
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path("/usr/bin", python).exists():
        pytest.skip(f"needs /usr/bin/{python}, which a plain user can run")
    user = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="plain-", dir="/tmp", ignore_cleanup_errors=True) as base:
        folder = Path(base) / "bobbin"
        copy_repository(folder)
        subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", base], check=True)
        # Root keeps the packages, since the plain user only reads them.
        subprocess.run([f"/usr/bin/{python}", "-m", "venv", "--without-pip", folder / ".venv"], check=True)
        packages = Path("lib", python, "site-packages")
        shutil.copytree(
            sys.prefix / packages, folder / ".venv" / packages, dirs_exist_ok=True, ignore=NOT_NEEDED
        )
        _add_libraries_of_another_python(folder)
        lock, _ = (Path(sys.prefix) / "installed.sum").read_text().rsplit(maxsplit=1)
        (folder / ".venv/installed.sum").write_text(f"{lock} {folder / '.venv'}\n")
        made = Checkout(folder, user={"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []})
        yield made
        made.clear_up()


def _add_libraries_of_another_python(folder: Path) -> None:
    """Install packages that only older Pythons need, since the Python of the system may be older."""
    install = ["pip", "install", "--quiet", "--no-deps", "--link-mode=copy", "--require-hashes"]
    lock = folder / "services/web/requirements/base.txt"
    command = [f"{sys.prefix}/bin/uv", *install, "--python", folder / ".venv/bin/python", "-r", lock]
    subprocess.run(command, check=True)


@pytest.fixture
def stack(checkout):
    return checkout.run()
