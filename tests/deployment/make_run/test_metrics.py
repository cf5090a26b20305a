"""`make run` serves metrics on a second port, including those of management commands."""

import re
import socket
import urllib.request

import pytest

pytestmark = pytest.mark.xdist_group("stack")


def metrics_of(stack) -> dict[str, float]:
    address = None
    while address is None:
        address = re.search(r"Metrics +(http://127\.0\.0\.1:\d+/metrics)", stack.process.stdout.readline())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def read():
        with opener.open(address[1], timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {
            name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")
        }

    return read


def test_run_serves_metrics_of_workers_and_commands(checkout):
    stack = checkout.run()
    read = metrics_of(stack)
    stack.get("/accounts/login/")
    before = read()
    checkout.make("demo")
    after = read()

    assert before["bobbin_gunicorn_workers"] >= 2
    assert before['bobbin_http_requests_total{method="GET",status="200",view="accounts:login"}'] == 1
    assert after["bobbin_notifications_created_total"] > before["bobbin_notifications_created_total"] == 0
    assert stack.get("/healthz")[0] == 200
    with pytest.raises(urllib.error.HTTPError, match="404"):
        stack.get("/metrics")
    assert any("observability.serve" in child.cmdline() for child in stack.children)
    assert checkout.make("stop")[0] == 0
    assert stack.left_over() == []


def test_unusable_metrics_port_is_reported_at_the_start(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = checkout.make("run", METRICS_PORT=str(port))[1]
    assert f"Bobbin: port {port} of 127.0.0.1 cannot be used (Address already in use)" in said
    assert f"make run METRICS_PORT={port + 1}" in said
    assert "METRICS_PORT=many is not a port" in checkout.make("run", METRICS_PORT="many")[1]
