"""By how many MB a process grows while it erases a member: printed, for the id of a member. Rolled back."""

import re
import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word.

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "services" / "web")]

import django  # noqa: E402

django.setup()

from django.db import transaction  # noqa: E402

from accounts.models import User  # noqa: E402


def _most() -> int:
    """The most memory that this program has held, in KiB."""
    # Not getrusage(): there the process that started this one counts too, and it may have been larger.
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def main(member_id: int) -> None:
    member = User.objects.get(pk=member_id)
    # The same with nobody to erase, so that what is loaded once is loaded.
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
