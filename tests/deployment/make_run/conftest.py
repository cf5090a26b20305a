"""Copies of this repository in temporary folders, and stacks that run in them."""

import compileall
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deployment.make_run.checkouts import Checkout
from tests.support.repository import copy_repository

# Variables for a proxy, another PostgreSQL and another gunicorn, which must have no effect.
OF_OTHER_PROGRAMS = {
    "http_proxy": "http://127.0.0.1:9",
    "PGPORT": "6000",
    "PGSERVICE": "elsewhere",
    "GUNICORN_CMD_ARGS": "--bind 127.0.0.1:1",
}
NOT_NEEDED = shutil.ignore_patterns("mypy*", "*-stubs", "ruff*", "playwright*")


@contextmanager
def _folder(prefix: str, mode: int = 0o755) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=prefix, dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(mode)
        yield Path(name)


@contextmanager
def _copy_of(source: Path, folder: Path) -> Iterator[Checkout]:
    """Copy a checkout in which nothing runs. The copy keeps modes, owners and times."""
    folder.parent.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", source, folder], check=True)
    made = Checkout(folder)
    try:
        yield made
    finally:
        made.clear_up()


@pytest.fixture(scope="session")
def bare() -> Iterator[Path]:
    """The files of this repository with compiled Python code, and a link to the installed packages."""
    with _folder("bare-") as base:
        folder = base / "bobbin"
        copy_repository(folder)
        (folder / ".venv").symlink_to(sys.prefix)
        # Each copy would otherwise compile the same files again.
        for code in ("services", "scripts"):
            compileall.compile_dir(folder / code, quiet=1)
        yield folder


@pytest.fixture(scope="session")
def used(bare) -> Iterator[Path]:
    """Like `bare`, with the data of an earlier run: a database with all tables and no users."""
    with _folder("used-") as base, _copy_of(bare, base / "bobbin") as made:
        assert made.make("manage", "CMD=check")[0] == 0
        yield made.folder


@pytest.fixture
def checkout(bare):
    """A checkout that every user may enter, in which nothing was started before."""
    with _folder("checkout-") as base, _copy_of(bare, base / "bobbin") as made:
        yield made


@pytest.fixture
def used_checkout(used):
    """A checkout that every user may enter, with data."""
    with _folder("checkout-") as base, _copy_of(used, base / "bobbin") as made:
        yield made


@pytest.fixture(scope="module")
def closed_checkout(bare):
    """A checkout with a long path that only its owner may enter, like one in a home directory."""
    if os.geteuid() != 0:
        pytest.skip("needs root, who may enter what others may not")
    with _folder("closed-", 0o700) as base, _copy_of(bare, base / ("d" * 100) / "bobbin") as made:
        yield made


@pytest.fixture
def plain_checkout(bare):
    """A checkout of a plain user, who may be unable to read the packages that root installed."""
    if os.geteuid() != 0:
        pytest.skip("a plain user is what all the other tests run as")
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not Path("/usr/bin", python).exists():
        pytest.skip(f"needs /usr/bin/{python}, which a plain user can run")
    user = pwd.getpwnam("nobody")
    with _folder("plain-") as base, _copy_of(bare, base / "bobbin") as made:
        venv = made.folder / ".venv"
        venv.unlink()
        subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", base], check=True)
        # Root keeps the packages, since the plain user only reads them.
        subprocess.run([f"/usr/bin/{python}", "-m", "venv", "--without-pip", venv], check=True)
        packages = Path("lib", python, "site-packages")
        shutil.copytree(
            sys.prefix / packages, venv / packages, dirs_exist_ok=True, ignore=NOT_NEEDED, copy_function=_link
        )
        _add_libraries_of_another_python(made.folder)
        lock, _ = (Path(sys.prefix) / "installed.sum").read_text().rsplit(maxsplit=1)
        (venv / "installed.sum").write_text(f"{lock} {venv}\n")
        made.user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        yield made


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # The target is on another disk.
        shutil.copy2(source, target)


def _add_libraries_of_another_python(folder: Path) -> None:
    """Install packages that only older Pythons need, since the Python of the system may be older."""
    install = ["pip", "install", "--quiet", "--no-deps", "--link-mode=copy", "--require-hashes"]
    lock = folder / "services/web/requirements/base.txt"
    command = [f"{sys.prefix}/bin/uv", *install, "--python", folder / ".venv/bin/python", "-r", lock]
    subprocess.run(command, check=True)


@pytest.fixture
def stack(used_checkout):
    return used_checkout.run()


@pytest.fixture(scope="session")
def shared_stack(bare):
    """A stack that started without data, for tests that leave it running."""
    with _folder("checkout-") as base, _copy_of(bare, base / "bobbin") as made:
        yield made.run(one_worker=False, **OF_OTHER_PROGRAMS)
