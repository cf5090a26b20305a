"""The running stack of this checkout: a lock that its process holds, and a file that describes it."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.embedded.errors import Failure
from scripts.embedded.places import RUN, make_folder
from scripts.embedded.processes import birth

STATE = RUN / "state.json"
BUSY = "Bobbin is just starting or stopping here, or a management command uses it; try again in a moment."


@contextlib.contextmanager
def only_one() -> Iterator[bool]:
    """Hold the lock of this checkout during the block and yield True, or yield False if it is held already.

    The kernel releases the lock when the process ends, even if it is killed.
    """
    make_folder(RUN, 0o755)
    with (RUN / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        _clear_leftovers()
        remember(supervisor=identity(os.getpid(), signal.SIGTERM))
        try:
            yield True
        finally:
            STATE.unlink(missing_ok=True)


def remember(**facts) -> None:
    """Add `facts` to the state file. The file is replaced atomically."""
    unfinished = STATE.with_suffix(".new")
    unfinished.write_text(json.dumps(recall() | facts, indent=2))
    unfinished.chmod(0o600)
    unfinished.replace(STATE)


def recall() -> dict:
    """Return the content of the state file, or {} without a valid file."""
    try:
        return json.loads(STATE.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def identity(pid: int, ending: int) -> dict:
    """Return a description of a process that differs from that of a later process with the same pid."""
    return {"pid": pid, "born": birth(pid), "ending": int(ending)}


def _runs(process: dict) -> bool:
    return bool(process.get("born")) and birth(process["pid"]) == process["born"]


def _clear_leftovers() -> None:
    """Stop the servers that a killed stack left running, and delete its sockets."""
    facts = recall()
    for process in facts.get("children", []):
        if _runs(process):
            _end(process)
    sockets = Path(facts.get("sockets", ""))
    if sockets.name.startswith("bobbin-"):
        shutil.rmtree(sockets, ignore_errors=True)
    STATE.unlink(missing_ok=True)


def _end(process: dict, seconds: float = 60) -> None:
    os.kill(process["pid"], process["ending"])
    until = time.monotonic() + seconds
    while _runs(process):
        if time.monotonic() > until:
            raise Failure(f"process {process['pid']} does not end within {seconds:.0f} s.")
        time.sleep(0.05)


def stop_running() -> str:
    """Stop the stack of this checkout and wait until it has ended. Return a message for the user."""
    with only_one() as alone:
        if alone:
            return "Bobbin is not running here."
    supervisor = recall().get("supervisor")
    if supervisor is None or not _runs(supervisor):
        raise Failure(BUSY)
    _end(supervisor, 120)
    return "Bobbin is stopped."
