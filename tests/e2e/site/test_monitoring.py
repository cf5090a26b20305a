"""Prometheus scrapes all targets of the site."""

import json
import time
import urllib.parse

import pytest

from tests.e2e.site.address import PROMETHEUS_URL, fetch
from tests.support.http_client import connection

pytestmark = pytest.mark.monitored
JOBS = {"bobbin", "bobbin-postgres", "bobbin-redis", "bobbin-nginx", "bobbin-prometheus"}


def query(expression: str) -> list[dict]:
    parameters = urllib.parse.urlencode({"query": expression})
    answer = connection.fetch(PROMETHEUS_URL, "GET", f"/api/v1/query?{parameters}")
    return json.loads(answer.body)["data"]["result"]


def eventually(expression: str, seconds: float = 60) -> list[dict]:
    """Return the result of the expression once it is not empty, since the next scrape may take a while."""
    until = time.monotonic() + seconds
    while not (found := query(expression)) and time.monotonic() < until:
        time.sleep(1)
    return found


def test_every_target_is_up():
    up = {found["metric"]["job"] for found in eventually("up == 1")}
    until = time.monotonic() + 60
    while not up >= JOBS and time.monotonic() < until:
        time.sleep(1)
        up = {found["metric"]["job"] for found in query("up == 1")}

    assert up >= JOBS
    assert query("up == 0") == []


def test_requests_are_counted_by_view():
    fetch("GET", "/accounts/login/")
    assert eventually('bobbin_http_requests_total{view="accounts:login",method="GET",status="200"} > 0')


def test_exporters_reach_their_servers():
    for expression in ("pg_up == 1", "redis_up == 1", "nginx_up == 1"):
        assert eventually(expression), expression
