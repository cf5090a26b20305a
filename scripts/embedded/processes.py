"""Starting and ending processes, so that none is ever left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from errors import Failure
from places import ServerUser

PR_SET_PDEATHSIG = 1
TELLING = ("FATAL", "ERROR", "Error", "error", "cannot", "could not")


@dataclass
class Child:
    """A process of ours, and the signal that ends it in good order."""

    name: str
    process: subprocess.Popen
    log: Path
    ending: signal.Signals
    patience: float  # Seconds to end by itself before it is killed.

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.ending)
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def failure(self) -> Failure:
        return Failure(f"{self.name} ended by itself: {last_words(self.log)} (log: {self.log})")


def start(
    name: str,
    command: list,
    log: Path,
    *,
    ending: signal.Signals = signal.SIGTERM,
    patience: float = 20,
    user: ServerUser | None = None,
    **options,
) -> Child:
    """Start a process that ends with us, even if we are killed; its output goes to the file `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for us: we end the others in the right order.
            start_new_session=True,
            preexec_fn=_ends_with_us(ending) if sys.platform == "linux" else None,
            **(user.switch if user else {}),
            **options,
        )
    return Child(name, process, log, ending, patience)


def _ends_with_us(ending: signal.Signals) -> Callable[[], None]:
    libc, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        # After the change of user, which would clear it.
        libc.prctl(PR_SET_PDEATHSIG, int(ending))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def wait_until(ready: Callable[[], bool], child: Child, seconds: float = 60) -> None:
    """Wait until `ready()`; Failure when the process ends before, or takes too long."""
    until = time.monotonic() + seconds
    while not ready():
        if child.process.poll() is not None:
            raise child.failure()
        if time.monotonic() > until:
            raise Failure(f"{child.name} was not ready within {seconds:.0f} s; see {child.log}")
        time.sleep(0.05)


def last_words(log: Path) -> str:
    """What a log says about its end."""
    try:
        return telling_line(log.read_text(errors="replace"))
    except OSError as error:
        return str(error)


def telling_line(output: str) -> str:
    """The last line that speaks of an error, else the last that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in TELLING)]
    return (telling or lines or ["no reason given"])[-1]
