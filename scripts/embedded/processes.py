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
SIGNALS_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TELLING = ("FATAL", "ERROR", "Error", "error", "cannot", "could not", "must be")
# Servers get nothing of ours: not the secrets of who runs us, and no PGPORT meant for another server.
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass
class Child:
    """A process of ours, and the signal that ends it in good order."""

    name: str
    process: subprocess.Popen
    log: Path
    ending: signal.Signals
    patience: float  # Seconds to end by itself before it is killed.

    def end(self) -> None:
        nothing_disturbs()  # Whoever ends a child is about to end.
        if self.process.poll() is None:
            self.process.send_signal(self.ending)
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def failure(self) -> Failure:
        return Failure(f"{self.name} ended by itself: {last_words(self.log)} (log: {self.log})")


def nothing_disturbs() -> None:
    """From here on no signal interrupts us: a second Ctrl-C must not leave half of the processes running."""
    for each in SIGNALS_TO_END:
        signal.signal(each, signal.SIG_IGN)


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
    if log.exists():
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for us: we end the others in the right order.
            start_new_session=True,
            preexec_fn=ends_with_us(ending),
            **(user.switch if user else {}),
            **options,
        )
    return Child(name, process, log, ending, patience)


def ends_with_us(ending: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the process gets this signal when we end, however we end. Linux only."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        # After the change of user, which would clear it.
        libc.prctl(PR_SET_PDEATHSIG, int(ending))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def birth(pid: int) -> str:
    """When a process began, in a form that the setting of a clock does not change; "" when it has ended."""
    if sys.platform != "linux":
        listed = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return listed.stdout.strip()
    try:
        # After the name, which may hold anything: state is the first field, the start time the twentieth.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return "" if fields[0] == "Z" else f"{boot} {fields[19]}"


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
