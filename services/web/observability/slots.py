"""Where this process keeps its metrics: in memory, or in files that the metrics process adds up.

With PROMETHEUS_MULTIPROC_DIR each process writes to files of its own, and what a process counted must stay
when it ends. Named after the process, as prometheus_client does by itself, files would pile up with every
worker that is renewed, and each scrape would take longer. Here a process takes the lowest number that no
living one has, and goes on counting where the one before it stopped. The number is a lock on a file, so the
system gives it back however the process ends.

Imports nothing of Django: gunicorn needs it before the application, and the metrics process without it.
"""

import contextlib
import fcntl
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from prometheus_client import values

from observability import value_files

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MOST = 64  # Of one kind; a process that finds none keeps its metrics to itself.
# A process that starts with less would soon have to leave out what it counts.
ROOM = 8 * 2**20

log = logging.getLogger(__name__)
_taken: str | None = None
_lock: IO[str] | None = None  # Held until the process ends.


def folder() -> Path | None:
    """The folder of the files, or None where this process keeps its metrics to itself."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def take(kind: str) -> str:
    """Take the lowest free slot of a kind ("web"): `web0`. Call it before the first metric is made.

    Returns "" when metrics stay in memory; what was taken first, when called again.
    """
    global _taken
    if _taken is None:
        _taken = _take(kind)
        if not _taken:
            in_memory()
    return _taken


def taken() -> str:
    """The slot of this process, or "" when it has none."""
    return _taken or ""


def in_memory() -> None:
    """Keep the metrics of this process to itself, and take no slot."""
    global _taken
    _taken = ""
    values.ValueClass = values.MutexValue


def prepare() -> None:
    """Before the first worker: make the folder, and empty it, unless another process counts there.

    Then it stays: metrics that only partly go back would look like a burst of requests. Where the folder
    cannot be used, the process ends and says why.
    """
    where = folder()
    if where is None:
        return
    try:
        _empty(where)
    except OSError as error:
        sys.exit(f"Bobbin cannot start: {VARIABLE}={where} cannot be used ({error.strerror}).")


def _empty(where: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    with _alone(where):
        if any(_is_held(path) for path in where.glob("*.lock") if path.name != "slots.lock"):
            return
        for path in where.glob("*.db"):
            path.unlink()


def sweep(where: Path | None = None) -> None:
    """Remove the gauges of processes that have ended: they say how things are, and there these are not."""
    where = where or folder()
    if where is None or not where.is_dir():
        return
    with _alone(where):
        for path in where.glob("*.lock"):
            if path.name != "slots.lock" and not _is_held(path):
                _remove_gauges(where, path.stem)


def _take(kind: str) -> str:
    global _lock
    where = folder()
    if where is None:
        return ""
    if not where.is_dir():
        log.warning("%s=%s is no folder: nobody will see the metrics of this process.", VARIABLE, where)
        return ""
    space = os.statvfs(where)
    if space.f_bavail * space.f_frsize < ROOM:
        log.error("%s is full: nobody will see the metrics of this process.", where)
        return ""
    with _alone(where):
        for number in range(MOST):
            name = f"{kind}{number}"
            _lock = _held(where / f"{name}.lock")
            if _lock:
                _remove_gauges(where, name)
                value_files.use(name)
                return name
    log.warning("all %d slots of %s are taken: nobody will see the metrics of this one.", MOST, kind)
    return ""


@contextlib.contextmanager
def _alone(where: Path) -> Iterator[None]:
    with (where / "slots.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _held(path: Path) -> IO[str] | None:
    """The lock on a slot, now ours; None when a living process has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _is_held(path: Path) -> bool:
    lock = _held(path)
    if lock:
        lock.close()
    return lock is None


def _remove_gauges(where: Path, name: str) -> None:
    for path in where.glob(f"gauge_live*_{name}.db"):
        path.unlink()
