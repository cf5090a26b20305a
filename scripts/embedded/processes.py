"""Start and stop of child processes. No child process outlives this program."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.embedded.errors import Failure
from scripts.embedded.places import ServerUser

PR_SET_PDEATHSIG = 1
SIGNALS_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TELLING = ("FATAL", "ERROR", "Error", "error", "cannot", "could not", "must be")
# Servers do not inherit the caller's environment: neither its secrets, nor a PGPORT for another server.
BARE_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass
class Child:
    """A child process, and the signal that stops it cleanly."""

    name: str
    process: subprocess.Popen
    log: Path
    ending: signal.Signals
    patience: float  # Seconds between the signal and SIGKILL.

    def end(self) -> None:
        nothing_disturbs()  # This program stops a child only before it ends itself.
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
    """Ignore further signals. A second Ctrl-C must not leave some of the processes running."""
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
    """Start a process that ends with this one, even if this one is killed. Its output goes to `log`."""
    if log.exists():
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # The child must not get Ctrl-C: this process stops its children in the right order.
            start_new_session=True,
            preexec_fn=ends_with_us(ending),
            **(user.switch if user else {}),
            **options,
        )
    return Child(name, process, log, ending, patience)


def ends_with_us(ending: signal.Signals) -> Callable[[], None] | None:
    """Return a `preexec_fn`: the kernel sends the signal to the child when this process ends. Linux only."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        # preexec_fn runs after the change of the user, which would clear this setting.
        libc.prctl(PR_SET_PDEATHSIG, int(ending))
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def birth(pid: int) -> str:
    """Return the start time of a process, or "" if it has ended. A change of the clock does not affect it."""
    if sys.platform != "linux":
        listed = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return listed.stdout.strip()
    try:
        # The fields after the name, which can contain any character. Field 0: state; field 19: start time.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return "" if fields[0] == "Z" else f"{boot} {fields[19]}"


def wait_until(ready: Callable[[], bool], child: Child, seconds: float = 60) -> None:
    """Wait until `ready()` returns True. Raise Failure if the process ends first, or after `seconds`."""
    until = time.monotonic() + seconds
    while not ready():
        if child.process.poll() is not None:
            raise child.failure()
        if time.monotonic() > until:
            raise Failure(f"{child.name} was not ready within {seconds:.0f} s; see {child.log}")
        time.sleep(0.05)


def last_words(log: Path) -> str:
    """Return the line of the log that explains the end of its process."""
    try:
        return telling_line(log.read_text(errors="replace"))
    except OSError as error:
        return str(error)


def telling_line(output: str) -> str:
    """Return the last line that mentions an error, otherwise the last line that is not empty."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in TELLING)]
    return (telling or lines or ["no reason given"])[-1]
