"""`make run` serves metrics on a second port, including those of management commands."""

import re
import socket

import pytest

from tests.support.http_client.connection import fetch

pytestmark = pytest.mark.xdist_group("stack")


def metrics_of(stack) -> dict[str, float]:
    address = None
    while address is None:
        address = re.search(r"Metrics +(http://127\.0\.0\.1:\d+)/metrics", stack.process.stdout.readline())

    def read():
        lines = fetch(address[1], "GET", "/metrics").text.splitlines()
        return {
            name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")
        }

    return read


def test_run_serves_metrics_of_workers_and_commands(shared_stack):
    read = metrics_of(shared_stack)
    visits = 'bobbin_http_requests_total{method="GET",status="200",view="accounts:login"}'
    before = read()
    shared_stack.get("/accounts/login/")
    code, said = shared_stack.checkout.make("demo")
    after = read()

    assert (code, said.count("password:")) == (0, 3)
    assert after["bobbin_gunicorn_workers"] >= 2
    assert after[visits] == before.get(visits, 0) + 1
    assert after["bobbin_notifications_created_total"] > before["bobbin_notifications_created_total"]
    assert any("observability.serve" in child.cmdline() for child in shared_stack.children)


def test_pages_serve_no_metrics(shared_stack):
    assert shared_stack.get("/metrics").status == 404


def test_unusable_metrics_port_is_reported_at_the_start(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = checkout.make("run", METRICS_PORT=str(port))[1]
    assert f"Bobbin: port {port} of 127.0.0.1 cannot be used (Address already in use)" in said
    assert f"make run METRICS_PORT={port + 1}" in said
    assert "METRICS_PORT=many is not a port" in checkout.make("run", METRICS_PORT="many")[1]
