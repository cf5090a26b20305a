"""Memory use of log-ins and of large pages.

With 512 MiB, as in the manifests, 32 concurrent requests all succeed, and the kernel kills no process.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import Argon2PasswordHasher as DjangosHasher
from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts.models import User
from tests.support.http_client.connection import fetch

WEB = Path(__file__).parents[3] / "services/web"
PASSWORD = "a-long-enough-1"
LIMIT = 512 * 1024 * 1024
AT_ONCE = 32
# The variables of the image for the memory allocator.
MALLOC = dict(re.findall(r"(MALLOC_\w+)=(\d+)", (WEB / "Dockerfile").read_text()))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def cheap_hashes():
    """This test is about the memory of the real figures."""


class Cage:
    """A memory cgroup of version 1 or 2."""

    def __init__(self, folder: Path, limit: str, peak: str, events: str) -> None:
        self.folder, self.peak_file, self.events_file = folder, folder / peak, folder / events
        folder.mkdir()
        (folder / limit).write_text(str(LIMIT))

    def enter(self) -> None:
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self) -> int:
        return int(self.peak_file.read_text())

    def kills(self) -> int:
        return int(re.search(r"oom_kill (\d+)", self.events_file.read_text())[1])


def make_cage() -> Cage:
    name = f"bobbin-test-{os.getpid()}"
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().split())
    if "memory" in own:
        parent = Path(f"/sys/fs/cgroup/memory{own['memory']}")
        files = ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control")
    else:
        parent, files = Path("/sys/fs/cgroup"), ("memory.max", "memory.peak", "memory.events")
    if not parent.exists():
        parent = Path("/sys/fs/cgroup/memory")  # A container sees its own cgroup as the root.
    try:
        return Cage(parent / name, *files)
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error}")


@pytest.fixture
def cage() -> Iterator[Cage]:
    made = make_cage()
    yield made
    for _ in range(50):
        try:
            made.folder.rmdir()
            return
        except OSError:
            time.sleep(0.1)


@pytest.fixture
def site(cage, transactional_db, tmp_path):
    """Run gunicorn with two workers of four threads in the cgroup, and yield its port and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = (
        os.environ
        | MALLOC
        | {
            "POSTGRES_DB": connection.settings_dict["NAME"],
            "REDIS_URL": str(django_settings.CACHES["default"]["LOCATION"]),
            "ALLOWED_HOSTS": "127.0.0.1",
            "WEB_BIND": f"127.0.0.1:{port}",
            "WEB_WORKERS": "2",
            "WEB_THREADS": "4",
            "DJANGO_SETTINGS_MODULE": "tests.support.plain_static_files",
            "PYTHONPATH": str(WEB.parents[1]),
        }
    )
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=WEB, env=env, stdout=said, stderr=said, preexec_fn=cage.enter)
    until = time.monotonic() + 30
    while time.monotonic() < until and status(port, "GET", "/healthz")[0] != 200:
        assert process.poll() is None, (tmp_path / "said").read_text()
        time.sleep(0.1)
    yield port, process
    process.send_signal(signal.SIGTERM)
    process.wait(25)


def status(port, method, path, body=None, **headers):
    try:
        return fetch(
            f"http://127.0.0.1:{port}", method, path, headers | (FORM if body else {}), body, timeout=60
        )
    except (OSError, http.client.HTTPException) as error:
        return 0, {}, str(error).encode()


def log_in(port, name):
    _, headers, page = status(port, "GET", "/accounts/login/")
    token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', page)[1].decode()
    cookie = re.search(r"csrftoken=\w+", headers["Set-Cookie"])[0]
    body = f"csrfmiddlewaretoken={token}&username={name}&password={PASSWORD}"
    return status(port, "POST", "/accounts/login/", body, Cookie=cookie)[0]


def test_32_log_ins_at_once_in_512_mib_are_all_answered(site, cage):
    port, process = site
    old = DjangosHasher().encode(PASSWORD, "a-salt-of-twenty-two-ch")
    for kind, encoded in (("old", old), ("new", make_password(PASSWORD))):
        User.objects.bulk_create(User(username=f"{kind}{n}", password=encoded) for n in range(AT_ONCE))
    workers = {child.pid for child in psutil.Process(process.pid).children()}

    half = AT_ONCE // 2
    crowds = {
        "old": [f"old{n}" for n in range(AT_ONCE)],
        "others": [f"new{n}" for n in range(half)] + [f"nobody{n}" for n in range(half)],
    }
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = {kind: list(crowd.map(log_in, [port] * AT_ONCE, names)) for kind, names in crowds.items()}

    print(f"at most {cage.peak() / 2**20:.0f} MiB")
    assert answers == {"old": [302] * AT_ONCE, "others": [302] * half + [200] * half}
    assert cage.kills() == 0
    assert {child.pid for child in psutil.Process(process.pid).children()} == workers


# Pages that need the most memory for their characters: each text becomes many links or references of HTML,
# and one emoji makes Python store four bytes for each character.
LARGEST_TEXTS = {
    "links": "http://a \U0001f600 " * 832,
    "references": "'" * 9_980 + "\U0001f600",
}


@pytest.mark.parametrize("text", LARGEST_TEXTS.values(), ids=LARGEST_TEXTS)
def test_largest_pages_beside_log_ins_in_512_mib_are_all_answered(
    site, cage, alice, bob, write_many, browser_of, text
):
    port, process = site
    write_many(alice, bob, 60, text)
    cookie = f"sessionid={browser_of(bob).cookies['sessionid'].value}"
    old = DjangosHasher().encode(PASSWORD, "a-salt-of-twenty-two-ch")
    User.objects.bulk_create(User(username=f"old{n}", password=old) for n in range(AT_ONCE))
    workers = {child.pid for child in psutil.Process(process.pid).children()}

    def request_both(number):
        page = status(port, "GET", "/chats/with/alice/?at=1", Cookie=cookie)[0]
        return page, log_in(port, f"old{number}")

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(request_both, range(AT_ONCE)))

    print(f"at most {cage.peak() / 2**20:.0f} MiB")
    assert answers == [(200, 302)] * AT_ONCE
    assert cage.kills() == 0
    assert {child.pid for child in psutil.Process(process.pid).children()} == workers
