"""`python -m observability.serve`: what all processes counted, for Prometheus, on a port of its own.

A process of its own: it answers while every worker is busy, and no proxy before the workers leads to it.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from observability import slots

DEFAULT_BIND = "127.0.0.1:9100"
SECONDS_TO_ASK = 5  # After which a client that says nothing is let go.
# When a file is being made, or removed by a start, while we read. Tried again.
UNREADABLE = (OSError, RuntimeError, ValueError, struct.error)
TRIES = 3

log = logging.getLogger("observability.serve")


class Files:
    """The files of all processes, added up; one reader at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reading = threading.Lock()

    def text(self) -> bytes:
        with self.reading:
            for _ in range(TRIES - 1):
                with contextlib.suppress(*UNREADABLE):
                    return self._text()
                time.sleep(0.05)
            return self._text()

    def _text(self) -> bytes:
        if not self.folder.is_dir():
            raise FileNotFoundError(f"the folder {self.folder} is gone")
        began = time.perf_counter()
        with contextlib.suppress(OSError):  # It may be ours to read only; then the workers' master does it.
            slots.sweep(self.folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self.folder))
        added_up = generate_latest(registry)
        return added_up + self._of_ourselves(time.perf_counter() - began)

    def _of_ourselves(self, seconds: float) -> bytes:
        from observability import metrics

        sizes = [path.stat().st_size for path in self.folder.glob("*.db")]
        values = {metrics.FILES: len(sizes), metrics.BYTES: sum(sizes), metrics.COLLECT_SECONDS: seconds}
        registry = CollectorRegistry()
        for name, description in metrics.OF_THE_METRICS_PROCESS.items():
            registry.register(_Fixed(GaugeMetricFamily(name, description, value=values[name])))
        return generate_latest(registry)


class _Fixed:
    def __init__(self, family: GaugeMetricFamily) -> None:
        self.family = family

    def collect(self) -> list[GaugeMetricFamily]:
        return [self.family]


class Handler(BaseHTTPRequestHandler):
    timeout = SECONDS_TO_ASK
    server_version, sys_version = "Bobbin", ""
    files: Files

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/metrics":
            self.metrics()
        elif path == "/healthz":
            self.answer(200, "application/json", json.dumps({"status": "ok"}).encode())
        else:
            self.answer(404, "text/plain", b"Here are /metrics and /healthz.\n")

    do_HEAD = do_GET

    def metrics(self) -> None:
        try:
            text = self.files.text()
        except UNREADABLE as error:
            log.error("the metrics cannot be read: %s", error)
            self.answer(500, "text/plain", f"The metrics cannot be read: {error}\n".encode())
        else:
            self.answer(200, CONTENT_TYPE_PLAIN_0_0_4, text)

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: a line for each scrape tells nobody anything."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        log.info("a client went away: %s", sys.exception())


def address(bind: str) -> tuple[str, int]:
    """`127.0.0.1:9100`, `[::1]:9100` or `:9100`, for all addresses. ValueError for anything else."""
    host, _, port = bind.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) < 65536:
        raise ValueError(
            f"METRICS_BIND is {bind!r}; it must be an address and a port, such as {DEFAULT_BIND}."
        )
    return host.strip("[]"), int(port)


def server(bind: str, folder: Path) -> Server:
    host, port = address(bind)
    Server.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
    handler = type("Handler", (Handler,), {"files": Files(folder)})
    return Server((host, port), handler)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="metrics: %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # The first process of a container has no other.
    slots.in_memory()  # This process reads what the others write.
    bind = os.environ.get("METRICS_BIND") or DEFAULT_BIND
    folder = slots.folder()
    if folder is None:
        sys.exit(
            f"Bobbin cannot start: {slots.VARIABLE} is not set; it names the folder the workers write to."
        )
    if not folder.is_dir():
        sys.exit(f"Bobbin cannot start: {slots.VARIABLE}={folder} is no folder.")
    try:
        with server(bind, folder) as serving:
            log.info("serving %s at http://%s/metrics", folder, bind)
            serving.serve_forever()
    except ValueError as error:
        sys.exit(f"Bobbin cannot start: {error}")
    except OSError as error:
        sys.exit(f"Bobbin cannot start: METRICS_BIND={bind} cannot be used ({error.strerror}).")
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
