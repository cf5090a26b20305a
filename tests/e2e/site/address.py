"""The running site that the environment names, and single requests to it.

BASE_URL        address of the site: `make run`, compose, Kubernetes
EDGE            "nginx" if nginx serves that address, otherwise "none"
PROMETHEUS_URL  address of its Prometheus, if there is one
"""

import http.client
import os
from typing import NamedTuple
from urllib.parse import urlsplit

BASE_URL = os.environ.get("BASE_URL", "").rstrip("/")
EDGE = os.environ.get("EDGE", "none")
PROMETHEUS_URL = os.environ.get("PROMETHEUS_URL", "").rstrip("/")


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def fetch(method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    """Send one request with any method and headers; keep no cookies and follow no redirects."""
    address = urlsplit(BASE_URL)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
