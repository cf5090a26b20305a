"""Prints by how many MB a process grows while it erases the member with the given id. Rolls back."""

import re
import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback.

import django  # noqa: E402

django.setup()

from django.db import transaction  # noqa: E402

from accounts.models import User  # noqa: E402


def _most() -> int:
    """Return the peak memory of this process in KiB."""
    # getrusage() would include the peak of the parent process before exec, which may be larger.
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def main(member_id: int) -> None:
    member = User.objects.get(pk=member_id)
    # Erase an empty account first, so that all modules and caches are loaded.
    with transaction.atomic():
        User.objects.create(username="nobody to erase").delete()
        transaction.set_rollback(True)
    before = _most()
    with transaction.atomic():
        member.delete()
        transaction.set_rollback(True)
    print((_most() - before) / 1024)


if __name__ == "__main__":
    main(int(sys.argv[1]))
