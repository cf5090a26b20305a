"""A limit for log lines about something that repeats, such as a server that is down."""

import time

SECONDS = 60.0  # Between two log lines of one kind.


class LogLimit:
    """Allows one log line of each kind per minute. Each instance counts alone."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    def allows(self, kind: str = "") -> bool:
        now = time.monotonic()
        if now - self._logged.get(kind, -SECONDS) < SECONDS:
            return False
        self._logged[kind] = now
        return True
