"""Values of prometheus_client in files, one set for each worker id; a full disk never kills a process.

prometheus_client extends its files without allocating the space. On a full disk, a write to such a page would
kill the process with SIGBUS, and its requests with it. This module allocates the space first. If that fails,
a new value stays in memory and is not collected; existing values continue to work.
"""

import logging
import os
import threading
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

from observability.log_limit import LogLimit

FIRST = 2**16  # Size of a new file, in bytes; a full file doubles its size.
MOST_BESIDE_A_KEY = 32  # Bytes of an entry besides its key: length, padding, value, time.

log = logging.getLogger(__name__)
_writing = threading.Lock()


def use(worker_id: str) -> None:
    """Store all new values of this process in the files of this worker id."""
    values.MmapedDict = ReservedFile  # type: ignore[assignment,attr-defined]  # not exported
    in_file = _value_class(worker_id)
    limit = LogLimit()

    def value(*args: Any, **kwargs: Any) -> Any:
        try:
            return in_file(*args, **kwargs)
        except OSError as error:
            if limit.allows():
                log.error("no room for metrics (%s): nobody will see the new ones of this process.", error)
            return values.MutexValue(*args, **kwargs)

    values.ValueClass = value


class ReservedFile(MmapedDict):
    """A file of values. A new value raises OSError if it has no room; existing values can still change."""

    def __init__(self, filename: str) -> None:
        with open(filename, "ab") as file:
            try:
                _reserve(file.fileno(), max(FIRST, file.tell()))
            except OSError:
                if not file.tell():
                    os.unlink(filename)  # The metrics process cannot read an empty file.
                raise
        super().__init__(filename)  # type: ignore[no-untyped-call]  # prometheus_client

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + MOST_BESIDE_A_KEY > self._capacity:
            _reserve(self._f.fileno(), 2 * self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]  # prometheus_client


def _reserve(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):  # macOS lacks it, and is used for `make run` only.
        os.posix_fallocate(file, 0, size)


def _value_class(name: str) -> type:
    """Return a value class of prometheus_client that does not check the process id at each change.

    Measured, a change takes less than half of the time.
    """
    base: Any = values.MultiProcessValue(lambda: name)

    class FileValue(base):  # type: ignore[misc]  # a class that prometheus_client makes at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # A file that grows gets a new mapping. This view stays valid, because it maps the same file.
            self._cells = memoryview(self._file._m).cast("d")
            self._cell = self._file._positions[self._key] // 8

        def inc(self, amount: float) -> None:
            with _writing:
                self._value += amount
                self._cells[self._cell] = self._value

    return FileValue
