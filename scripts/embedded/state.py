"""Which stack runs here: a lock that its process holds, and a file that says where it is."""

import contextlib
import fcntl
import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from errors import Failure
from places import RUN, make_folder

STATE = RUN / "state.json"


@contextlib.contextmanager
def only_one() -> Iterator[bool]:
    """Hold the lock of this checkout while the block runs; False when somebody else does.

    The system lets go of the lock when its process ends, however it ends.
    """
    make_folder(RUN, 0o755)
    with (RUN / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            STATE.unlink(missing_ok=True)


def remember(**facts) -> None:
    """Write down what runs, who runs it, and since when."""
    me = psutil.Process()
    facts |= {"pid": me.pid, "started": me.create_time()}
    unfinished = STATE.with_suffix(".new")
    unfinished.write_text(json.dumps(facts, indent=2))
    unfinished.chmod(0o600)
    unfinished.replace(STATE)


def recall() -> dict:
    """What the running stack wrote down, or nothing."""
    try:
        return json.loads(STATE.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def clear_leftovers() -> None:
    """After a stack that was killed: remove its sockets, and wait for servers that are still ending."""
    facts = recall()
    for child in facts.get("children", []):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(child["pid"])
            if process.create_time() == child["started"]:
                process.send_signal(child["ending"])
                process.wait(60)
    sockets = facts.get("sockets", "")
    if Path(sockets).name.startswith("bobbin-"):
        shutil.rmtree(sockets, ignore_errors=True)


def stop_running(seconds: float = 60) -> str:
    """End the stack that runs here, and wait until it is gone."""
    with only_one() as nobody:
        if nobody:
            return "Bobbin is not running here."
    facts = recall()
    try:
        process = psutil.Process(facts["pid"])
        if process.create_time() != facts["started"]:
            raise Failure("Bobbin's state file is of another process; nothing was stopped.")
        process.send_signal(signal.SIGTERM)
    except (KeyError, psutil.NoSuchProcess):
        raise Failure("Bobbin is just starting or stopping; try again in a moment.") from None
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with only_one() as nobody:
            if nobody:
                return "Bobbin is stopped."
        time.sleep(0.1)
    raise Failure(f"Bobbin (process {facts['pid']}) did not end within {seconds:.0f} s.")


def identity(pid: int, ending: int) -> dict:
    """A process in a form that can be told from a later one with the same number."""
    return {"pid": pid, "started": psutil.Process(pid).create_time(), "ending": int(ending)}
