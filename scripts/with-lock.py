"""Run a command while holding a lock: with-lock.py FILE COMMAND...

The kernel releases the lock when the last process with the open file ends, even if that is killed. The script
replaces flock(1), which not every system has.
"""

import fcntl
import os
import sys

file, command = sys.argv[1], sys.argv[2:]
try:
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
except OSError as error:  # For example, another user made the file or owns the folder.
    sys.exit(f"Bobbin: {file} cannot be written: {error.strerror}.")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("Another command installs the packages; waiting for it ...", flush=True)
    fcntl.flock(lock, fcntl.LOCK_EX)
except OSError as error:  # Some network file systems do not support locks.
    print(f"Bobbin: cannot lock {file} ({error}): run one make at a time.", file=sys.stderr)
os.set_inheritable(lock, True)
os.execvp(command[0], command)  # noqa: S606
