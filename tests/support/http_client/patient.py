"""A member who waits after a 429 response: consecutive suites share one client address and its limits."""

import time

from tests.support.http_client.browser import Page
from tests.support.http_client.member import Member

LONGEST_WAIT = 60


class Patient(Member):
    waits = 0  # The number of 429 responses.

    def request(self, path: str, fields: dict[str, str] | None = None, referer: str = "") -> Page:
        until = time.monotonic() + LONGEST_WAIT
        while True:
            page = super().request(path, fields, referer)
            if page.status != 429 or time.monotonic() > until:
                return page
            self.waits += 1
            time.sleep(int(page.headers["Retry-After"]))
