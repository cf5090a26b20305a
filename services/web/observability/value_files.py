"""The values of prometheus_client in a slot's files: quicker to change, and no process ends for lack of room.

prometheus_client makes its files longer without taking the room. A write to a page that the file system then
does not have ends the process (SIGBUS), with the requests in it. Here the room is taken first, and where
there is none a new value stays in memory: nobody sees it, and all that is in the files goes on.

Imports nothing of Django, like the slots.
"""

import logging
import os
import threading
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

FIRST = 2**16  # Bytes of a new file; a full one becomes twice as long.
MOST_BESIDE_A_KEY = 32  # Bytes of an entry in it: length, padding, value, time.

log = logging.getLogger(__name__)
_writing = threading.Lock()


def use(slot: str) -> None:
    """From now on the values of this process are in the files of this slot."""
    values.MmapedDict = ReservedFile  # type: ignore[assignment,misc]
    in_file = _value_class(slot)
    is_told = False

    def value(*args: Any, **kwargs: Any) -> Any:
        nonlocal is_told
        try:
            return in_file(*args, **kwargs)
        except OSError as error:
            if not is_told:
                is_told = True
                log.error("no room for metrics (%s): nobody will see the new ones of this process.", error)
            return values.MutexValue(*args, **kwargs)

    values.ValueClass = value


class ReservedFile(MmapedDict):
    """A file of values. OSError when there is no room for one more; what is in it can still be changed."""

    def __init__(self, filename: str) -> None:
        with open(filename, "ab") as file:
            try:
                _reserve(file.fileno(), max(FIRST, file.tell()))
            except OSError:
                if not file.tell():
                    os.unlink(filename)  # The metrics process could not read an empty one.
                raise
        super().__init__(filename)

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + MOST_BESIDE_A_KEY > self._capacity:
            _reserve(self._f.fileno(), 2 * self._capacity)
        super()._init_value(key)


def _reserve(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):  # Not on macOS, where nobody runs more than `make run`.
        os.posix_fallocate(file, 0, size)


def _value_class(name: str) -> type:
    """prometheus_client's value in a file, written without asking each time whether the process is the same.

    Measured, it takes less than half of the time.
    """
    base: Any = values.MultiProcessValue(lambda: name)

    class SlotValue(base):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # A file that grows is mapped anew; what is mapped here stays the same file.
            self._cells = memoryview(self._file._m).cast("d")
            self._cell = self._file._positions[self._key] // 8

        def inc(self, amount: float) -> None:
            with _writing:
                self._value += amount
                self._cells[self._cell] = self._value

    return SlotValue
