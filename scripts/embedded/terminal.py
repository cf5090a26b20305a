"""Signals, output and the terminal of `make run` and its relatives."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator

from scripts.embedded.processes import SIGNALS_TO_END, Child, nothing_disturbs


class Stop(BaseException):
    """A signal requested the end of this program."""


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Convert the first signal that ends a program into Stop. Later ones must not interrupt the clean-up."""

    def stop(number: int, frame) -> None:
        nothing_disturbs()
        raise Stop(number)

    for each in SIGNALS_TO_END:
        # `nohup make run` must continue when its terminal closes.
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, stop)
    yield


def say(text: str) -> None:
    """Print `text`. Ignore a closed terminal, which must not interrupt the clean-up."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def open_terminal() -> select.poll:
    """Return a poll object that reports when the terminal closes. Create it while the terminal is open."""
    terminal = select.poll()
    if os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        terminal.register(0, select.POLLHUP)
    return terminal


def wait_for_the_end(children: list[Child], terminal: select.poll) -> None:
    """Wait until a child ends, which raises Failure, or until the terminal closes, which raises Stop."""
    while True:
        for child in children:
            if child.process.poll() is not None:
                # Ctrl-C during the clean-up must not replace the failure by a normal stop.
                nothing_disturbs()
                raise child.failure()
        # If make is the session leader of the terminal, only make gets SIGHUP, and it does not forward it.
        if terminal.poll(0):
            raise Stop(signal.SIGHUP)
        time.sleep(0.3)
