"""Worker ids: they decide whether a process stores its metrics in memory or in files, and in which files.

With PROMETHEUS_MULTIPROC_DIR, each process writes to its own files, and the metrics process merges them. The
counts of a process must remain after it ends. prometheus_client names the files by process id, so each new
worker would add files, and each scrape would take longer. Here a process acquires the lowest free worker id,
and continues the counts of its previous holder. A worker id is a lock on a file: the kernel releases it
however the process ends.
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
from prometheus_client.multiprocess import mark_process_dead

from observability.worker_metrics import value_files

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MOST = 64  # Worker ids of one kind; a process without one keeps its metrics in memory.
# With less free space, in bytes, a new process would soon be unable to store new metrics.
ROOM = 8 * 2**20

log = logging.getLogger(__name__)
_current: str | None = None
_lock: IO[str] | None = None  # Held until the process ends.


def folder() -> Path | None:
    """Return the folder of the metrics files, or None if metrics stay in memory."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def acquire(kind: str) -> str:
    """Acquire and return the lowest free worker id of a kind: `web0` for "web".

    Call it before the first metric is created. Returns "" if metrics stay in memory, and the same id when it
    is called again.
    """
    global _current
    if _current is None:
        _current = _acquire(kind)
        if not _current:
            in_memory()
    return _current


def in_memory() -> None:
    """Keep the metrics of this process in memory, without a worker id."""
    global _current
    _current = ""
    values.ValueClass = values.MutexValue


def prepare_folder() -> None:
    """Create the folder, and empty it unless another process uses it. Call it before the first worker starts.

    A folder in use is not emptied: if only some counters were reset, the sum would look like a burst of
    requests. If the folder cannot be used, the process exits with a message.
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
    with _exclusive(where):
        if any(_is_held(path) for path in where.glob("*.lock") if path.name != "worker_ids.lock"):
            return
        for path in where.glob("*.db"):
            path.unlink()


def reap(where: Path | None = None) -> None:
    """Remove the live gauges of processes that have ended."""
    where = where or folder()
    if where is None or not where.is_dir():
        return
    with _exclusive(where):
        for path in where.glob("*.lock"):
            if path.name != "worker_ids.lock" and not _is_held(path):
                mark_process_dead(path.stem, str(where))


def _acquire(kind: str) -> str:
    global _lock
    where = folder()
    if where is None:
        return ""
    if not where.is_dir():
        log.warning("%s=%s is no folder: the metrics of this process are not collected.", VARIABLE, where)
        return ""
    space = os.statvfs(where)
    if space.f_bavail * space.f_frsize < ROOM:
        log.error("%s is full: the metrics of this process are not collected.", where)
        return ""
    with _exclusive(where):
        for number in range(MOST):
            name = f"{kind}{number}"
            _lock = _held(where / f"{name}.lock")
            if _lock:
                mark_process_dead(name, str(where))
                value_files.use(name)
                return name
    log.warning(
        "all %d worker ids of %s are in use: the metrics of this process are not collected.", MOST, kind
    )
    return ""


@contextlib.contextmanager
def _exclusive(where: Path) -> Iterator[None]:
    with (where / "worker_ids.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _held(path: Path) -> IO[str] | None:
    """Lock the file of a worker id and return it, or None if a running process holds the lock."""
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
