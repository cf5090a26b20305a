"""A WSGI application called without a socket. Run as a program, the plain floor in a process of its own."""

import io
import os
import subprocess
import sys
import time
from typing import Any

from django.core.handlers.wsgi import WSGIHandler


class Site:
    """The WSGI application with every middleware, called without a socket."""

    def __init__(self, cookie: str) -> None:
        self.cookie, self.call = cookie, WSGIHandler()

    def get(self, path: str, query: str = "") -> tuple[dict[str, str], bytes]:
        """Return headers and body of a response, which must have the status 200."""
        began: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            began.update(status=status, headers=dict(headers))

        response: Any = self.call(self._environ(path, query), start)
        body = b"".join(response)
        response.close()
        assert began["status"] == "200 OK", began
        return began["headers"], body

    def _environ(self, path: str, query: str) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "testserver", "HTTP_COOKIE": self.cookie, "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
        }  # fmt: skip


class PlainFloor:
    """The plain floor (under_load/plain.py) in a process of its own, because its settings differ."""

    def __init__(self) -> None:
        # It exits at the end of its input, so with this process.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.workloads.site"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=os.environ | {"DJANGO_SETTINGS_MODULE": "bench.settings_plain"},
        )  # fmt: skip

    def get(self, path: str) -> tuple[float, int]:
        """Return the seconds of a request, as the other process measured them, and the size of the body."""
        assert self.process.stdin
        assert self.process.stdout
        print(path, file=self.process.stdin, flush=True)
        seconds, size = self.process.stdout.readline().split()
        return float(seconds), int(size)


def main() -> None:
    from bench.under_load import plain

    site = Site(plain.prepare())
    for line in sys.stdin:
        path = line.strip()
        site.get(path)  # Not timed: the process was asleep.
        began = time.perf_counter()
        body = site.get(path)[1]
        print(time.perf_counter() - began, len(body), flush=True)


if __name__ == "__main__":
    main()
