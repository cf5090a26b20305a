"""Browsers in a closed loop: each sends a request, waits for the response, checks it, and repeats.

They are threads of a separate process, so that they share no interpreter with the benchmark. The process
reads slices as lines of JSON from standard input, writes a line of results for each, and exits at its end.
"""

import itertools
import json
import re
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.under_load.browser import Browser

NAMES = re.compile(rb'data-counterpart="([^"]*)"')
SENT = re.compile(r"/chats/message/\d+/")


class Slice:
    """One measurement: all browsers repeat their visits for `seconds`."""

    def __init__(self, port: int, seconds: float, visits: list[list[dict]]) -> None:
        self.port, self.seconds, self.visits = port, seconds, visits
        self.requested = 0
        self.completed = 0.0
        self.took: list[float] = []
        self.paced: list[float] = []  # The same for visits that are due at fixed times.
        self.failures: list[str] = []
        self.acknowledged: list[list] = []

    def run(self, pool: ThreadPoolExecutor, browsers: list[Browser]) -> dict:
        self.until = time.perf_counter() + self.seconds
        list(pool.map(self.loop, browsers, self.visits))
        return {
            "took": self.took,
            "paced": self.paced,
            "requested": self.requested,
            "rate": self.completed / self.seconds,
            "failures": self.failures,
            "acknowledged": self.acknowledged,
        }

    def loop(self, browser: Browser, visits: list[dict]) -> None:
        due = time.perf_counter()
        for visit in itertools.cycle(visits):
            if pause := visit.get("every"):
                time.sleep(max(0.0, min(due, self.until) - time.perf_counter()))
                due += pause
            if time.perf_counter() >= self.until:
                return
            try:
                wrong = self.visit(browser, visit)
            except (OSError, ValueError) as error:
                browser.left, wrong = 0, f"{type(error).__name__}: {error}"
            self.requested += 1
            if wrong:
                self.failures.append(f"{visit['path']}: {wrong}")

    def visit(self, browser: Browser, visit: dict) -> str:
        """Send one request, and return what is wrong with the response, or an empty string."""
        client_id = str(uuid.uuid4()) if "sent" in visit else ""
        began = time.perf_counter()
        answer = browser.fetch(self.port, visit, client_id)
        ended = time.perf_counter()
        if client_id:
            wrong = self._acknowledge(browser, visit, client_id, *answer)
        else:
            wrong = wrong_with(visit, *answer)
        if not wrong:
            self._count(visit, began, ended)
        return wrong

    def _count(self, visit: dict, began: float, ended: float) -> None:
        if "every" in visit:
            self.paced.append(ended - began)
            return
        self.took.append(ended - began)
        # A request that the slice interrupts counts in part. Without it, slow requests would lose more.
        self.completed += min(1.0, (self.until - began) / (ended - began))

    def _acknowledge(
        self, browser: Browser, visit: dict, client_id: str, status: int, headers: Any, _: bytes
    ) -> str:
        if visit.get("again"):
            status, headers, _ = browser.fetch(self.port, visit, client_id)
        if status != 302 or not SENT.fullmatch(headers.get("Location") or ""):
            return f"status {status}, Location {headers.get('Location')}"
        self.acknowledged.append([client_id, *visit["sent"]])
        return ""


def wrong_with(visit: dict, status: int, headers: Any, body: bytes) -> str:
    """Return the first difference between a response and its expectation, or an empty string."""
    if status == 304 and "status" in visit:
        return "a body with status 304" if body else ""
    if status != (visit.get("status") or 200):
        return f"status {status}"
    if "bytes" in visit and len(body) != visit["bytes"]:
        return f"{len(body)} bytes instead of {visit['bytes']}"
    for text in visit.get("holds", ()):
        if text.encode() not in body:
            return f"holds no {text!r}"
    row, count = visit.get("rows", ("", 0))
    if row and body.count(row.encode()) != count:
        return f"{body.count(row.encode())} rows instead of {count}"
    if "names" in visit and not visit["names"].issuperset(NAMES.findall(body)):
        return "shows somebody else's counterparts"
    if visit.get("cache") not in {None, headers.get("X-Cache", "miss")}:
        return f"cache: {headers.get('X-Cache', 'miss')} instead of {visit['cache']}"
    return ""


def main() -> None:
    pool, browsers = None, []
    for line in sys.stdin:
        requested = json.loads(line)
        for visit in itertools.chain(*requested["visits"]):
            if "names" in visit:
                visit["names"] = {name.encode() for name in visit["names"]}
        if len(browsers) != len(requested["visits"]):
            browsers = [Browser() for _ in requested["visits"]]
            pool = ThreadPoolExecutor(len(browsers))
        print(json.dumps(Slice(**requested).run(pool, browsers)), flush=True)


if __name__ == "__main__":
    main()
