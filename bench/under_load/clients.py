"""Browsers in a closed loop: each sends a request, waits for the response, checks it, and repeats.

They are threads of a separate process, so that they share no interpreter with the benchmark. The process
reads slices as lines of JSON from standard input, writes a line of results for each, and exits at its end.
"""

import http.client
import itertools
import json
import random
import re
import sys
import time
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# Browsers reconnect after this number of requests, so that they change between the workers.
REQUESTS_A_CONNECTION = (30, 70)
TIMEOUT = 20
NAMES = re.compile(rb'data-counterpart="([^"]*)"')
SENT = re.compile(r"/chats/message/\d+/")

unique = itertools.count(1)


class Browser:
    """A browser with one keep-alive connection, which it renews regularly."""

    def __init__(self) -> None:
        self.connection: http.client.HTTPConnection | None = None
        self.port = self.left = 0

    def fetch(self, port: int, visit: dict, client_id: str = "") -> tuple[int, Any, bytes]:
        """Send one request; return status, headers and body. A visit with `sent` posts a form."""
        form = _form(visit, client_id or str(uuid.uuid4())) if "sent" in visit else None
        if not self.left or port != self.port:
            self.renew(port)
        self.left -= 1
        headers = {"Cookie": visit["cookie"], "Host": f"127.0.0.1:{port}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = visit["path"].replace("UNIQUE", str(next(unique)))
        try:
            return self.exchange(path, form, headers)
        except (ConnectionError, http.client.RemoteDisconnected):
            # A worker that restarts closes its connections; retry once, as browsers do.
            self.renew(port)
            return self.exchange(path, form, headers)

    def exchange(self, path: str, form: str | None, headers: dict[str, str]) -> tuple[int, Any, bytes]:
        assert self.connection
        self.connection.request("GET" if form is None else "POST", path, form, headers)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def renew(self, port: int) -> None:
        if self.connection:
            self.connection.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.port, self.left = port, random.randint(*REQUESTS_A_CONNECTION)


class Slice:
    """One measurement: all browsers repeat their visits for `seconds`."""

    def __init__(self, port: int, seconds: float, visits: list[list[dict]]) -> None:
        self.port, self.seconds, self.visits = port, seconds, visits
        self.requested = 0
        self.took: list[float] = []
        self.failures: list[str] = []
        self.acknowledged: list[list] = []

    def run(self, pool: ThreadPoolExecutor, browsers: list[Browser]) -> dict:
        self.until = time.perf_counter() + self.seconds
        list(pool.map(self.loop, browsers, self.visits))
        return {
            "took": self.took,
            "asked": self.requested,
            "failures": self.failures,
            "acknowledged": self.acknowledged,
        }

    def loop(self, browser: Browser, visits: list[dict]) -> None:
        for visit in itertools.cycle(visits):
            began = time.perf_counter()
            if began >= self.until:
                return
            try:
                wrong = self.visit(browser, visit)
            except (OSError, http.client.HTTPException) as error:
                browser.left, wrong = 0, f"{type(error).__name__}: {error}"
            self.requested += 1
            if wrong:
                self.failures.append(f"{visit['path']}: {wrong}")

    def visit(self, browser: Browser, visit: dict) -> str:
        """Send one request, and return what is wrong with the response, or an empty string."""
        client_id = str(uuid.uuid4()) if "sent" in visit else ""
        began = time.perf_counter()
        status, headers, body = browser.fetch(self.port, visit, client_id)
        ended = time.perf_counter()
        # A response after the end of the slice is checked, but does not count for the rate.
        if ended <= self.until:
            self.took.append(ended - began)
        if not client_id:
            return wrong_with(visit, status, headers, body)
        if visit.get("again"):
            status, headers, body = browser.fetch(self.port, visit, client_id)
        if status != 302 or not SENT.fullmatch(headers["Location"] or ""):
            return f"status {status}, Location {headers['Location']}"
        self.acknowledged.append([client_id, *visit["sent"]])
        return ""


def wrong_with(visit: dict, status: int, headers: Any, body: bytes) -> str:
    """Return the first difference between a response and its expectation, or an empty string."""
    if status != 200:
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


def _form(visit: dict, client_id: str) -> str:
    text = f"The warp is on the shelf beside the door, and the bobbins too: {client_id}"
    return urllib.parse.urlencode(
        {"csrfmiddlewaretoken": visit["token"], "client_id": client_id, "content": text}
    )


def main() -> None:
    pool, browsers = None, []
    for line in sys.stdin:
        requested = json.loads(line)
        for visit in itertools.chain(*requested["visits"]):
            if "names" in visit:
                visit["names"] = {name.encode() for name in visit["names"]}
        if pool is None:
            browsers = [Browser() for _ in requested["visits"]]
            pool = ThreadPoolExecutor(len(browsers))
        print(json.dumps(Slice(**requested).run(pool, browsers)), flush=True)


if __name__ == "__main__":
    main()
