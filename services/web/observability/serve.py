"""`python -m observability.serve`: serves the metrics of all processes to Prometheus on a separate port.

It is a separate process, so it answers while all workers are busy, and the reverse proxy does not expose it.
"""

import contextlib
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from observability.worker_metrics import worker_ids

DEFAULT_BIND = "127.0.0.1:9100"
REQUEST_TIMEOUT = 5  # Time-out for a client that sends no request.
# Raised when a worker creates a file, or a start removes one, during the read. The read is repeated.
UNREADABLE = (OSError, RuntimeError, ValueError, struct.error)
TRIES = 3

log = logging.getLogger("observability.serve")


class Files(Collector):
    """The metrics files of all processes, merged. Allows one reader at a time."""

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
        with contextlib.suppress(OSError):  # The folder may be read-only here; the gunicorn master reaps too.
            worker_ids.reap(self.folder)
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the merged metrics, and then those of the metrics process itself."""
        began = time.perf_counter()
        yield from MultiProcessCollector(None, str(self.folder)).collect()
        sizes = [path.stat().st_size for path in self.folder.glob("*.db")]
        yield GaugeMetricFamily("bobbin_metrics_files", "Number of merged files.", len(sizes))
        yield GaugeMetricFamily("bobbin_metrics_bytes", "Size of the merged files, in bytes.", sum(sizes))
        took = time.perf_counter() - began
        yield GaugeMetricFamily("bobbin_metrics_collect_seconds", "Time of the merge, in seconds.", took)


class Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_TIMEOUT
    server_version, sys_version = "Bobbin", ""
    files: Files

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/metrics":
            self.metrics()
        elif path == "/healthz":
            self.answer(200, "application/json", b'{"status": "ok"}')
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
        """Log nothing: a line for each scrape has no use."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        log.info("a client went away: %s", sys.exception())


def address(bind: str) -> tuple[str, int]:
    """Parse `127.0.0.1:9100`, `[::1]:9100`, or `:9100` for all addresses. Raise ValueError otherwise."""
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # Process 1 of a container has no default handler.
    worker_ids.in_memory()  # This process has no metrics files of its own.
    bind = os.environ.get("METRICS_BIND") or DEFAULT_BIND
    folder = worker_ids.folder()
    if folder is None:
        sys.exit(
            f"Bobbin cannot start: {worker_ids.VARIABLE} is not set: the folder that the workers write to."
        )
    if not folder.is_dir():
        sys.exit(f"Bobbin cannot start: {worker_ids.VARIABLE}={folder} is no folder.")
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
