"""Behind a proxy that terminates TLS, forwarded headers are trusted only from that proxy."""

import json

import pytest

from tests.deployment.compose.judging import RECOVERY_SECONDS
from tests.support.http_client.connection import fetch

FROM_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


def log_in_page(stack, headers):
    return fetch(stack.url, "GET", "/accounts/login/", headers, timeout=10)


@pytest.fixture(scope="module")
def encrypted(stack):
    """A stack with HTTPS=true that trusts this machine as its proxy."""
    network = stack.run("docker", "network", "inspect", f"{stack.env['COMPOSE_PROJECT_NAME']}_edge")
    gateway = json.loads(network)[0]["IPAM"]["Config"][0]["Gateway"]
    stack.env |= {"HTTPS": "true", "TRUSTED_PROXY": gateway}
    stack.make("up")
    yield stack
    del stack.env["HTTPS"], stack.env["TRUSTED_PROXY"]
    stack.make("up")
    stack.wait_until_healthy(RECOVERY_SECONDS)


def test_https_request_gets_the_page_and_secure_cookies(encrypted):
    answer = log_in_page(encrypted, FROM_PROXY)
    assert answer.status == 200
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_http_request_is_redirected_to_https(encrypted):
    answer = log_in_page(encrypted, {})
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")


def test_client_address_in_logs_is_that_of_the_proxy_header(encrypted):
    log_in_page(encrypted, FROM_PROXY | {"X-Request-ID": "trace-of-proxy"})
    for service in ("nginx", "web"):
        lines = encrypted.compose("logs", "--no-log-prefix", "--no-color", service).splitlines()
        (found,) = [json.loads(line) for line in lines if "trace-of-proxy" in line]
        assert found["ip"] == "203.0.113.9", service


def test_privacy_probe_passes_with_https(encrypted):
    said = encrypted.compose(
        "run", "--rm", "--no-deps", "--no-TTY", "privacy-probe", "python", "manage.py", "check_cached_pages",
        "--url=http://web:8000", "--host=localhost",
    )  # fmt: skip
    assert "none was stale" in said


def test_forwarded_headers_of_an_untrusted_client_are_ignored(encrypted):
    encrypted.env["TRUSTED_PROXY"] = "127.0.0.1"
    encrypted.make("up")

    assert log_in_page(encrypted, FROM_PROXY).status == 301
