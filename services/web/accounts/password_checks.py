"""The number of passwords of one client that are being checked now, in all processes (docs/decisions/0020).

A wrong password is stored after its check. Without this number, passwords that are sent at the same time
would not count each other. While Redis is down, only stored failures count.
"""

import time

from django.http import HttpRequest

from caching.backend import cache

SECONDS = 60  # A process that was killed during a check leaves it counted for one to two of these periods.
RUNNING = "bobbin.password_check"


def begin(request: HttpRequest, client: str) -> int:
    """Count the check of this request, and return the number of other checks of the client."""
    if RUNNING in request.META:
        return 0
    window = int(time.time()) // SECONDS
    counts = cache.count_in_windows(f"password:{client}", window, SECONDS)
    if counts is None:
        return 0
    request.META[RUNNING] = client, window
    return max(0, sum(counts) - 1)


def end(request: HttpRequest) -> None:
    """End the check of this request, if it has one. Its failure must be stored by then."""
    if running := request.META.pop(RUNNING, None):
        client, window = running
        cache.count_in_windows(f"password:{client}", window, SECONDS, -1)
