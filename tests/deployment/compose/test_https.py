"""Only DOMAIN is set: Caddy obtains a certificate from a real ACME server, and nginx trusts its proxies."""

import json
import socket
import threading
import time
import uuid
from contextlib import contextmanager

import pytest

from tests.deployment.compose.acme import DOMAIN, Domain
from tests.deployment.compose.judging import RECOVERY_SECONDS
from tests.support.http_client.connection import Connection, fetch
from tests.support.http_client.patient import Patient


@pytest.fixture(scope="module")
def domain(stack):
    """The stack with Caddy in front; this machine resolves DOMAIN, and trusts Pebble."""
    made, before = Domain(stack), dict(stack.env)
    resolve, here = socket.getaddrinfo, {DOMAIN: "127.0.0.1"}
    stack.env |= made.settings
    said = stack.make("up")
    assert f"Bobbin is ready at https://{DOMAIN}" in said
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            socket, "getaddrinfo", lambda host, *more, **by: resolve(here.get(host, host), *more, **by)
        )
        made.certificate = made.wait_for_the_certificate()
        patch.setenv("SSL_CERT_FILE", str(made.root()))
        yield made
    stack.compose("rm", "--stop", "--force", "caddy", "pebble")
    stack.env.clear()
    stack.env |= before
    stack.make("up")
    stack.wait_until_healthy(RECOVERY_SECONDS)


FROM_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "Host": DOMAIN}


def log_in_page(stack, headers):
    """Request the page from nginx, as a proxy on this machine does."""
    return fetch(stack.url, "GET", "/accounts/login/", {"Host": DOMAIN} | headers, timeout=10)


@pytest.fixture(scope="module")
def alice(domain):
    member = Patient(domain.url, f"alice-{uuid.uuid4().hex[:8]}")
    member.sign_up()
    return member


@contextmanager
def requesting(url, senders=4):
    """Request the log-in page continuously while the block runs; yields the list of answers."""
    answers, over = [], threading.Event()

    def request():
        while not over.wait(0.02):
            try:
                answers.append(fetch(url, "GET", "/accounts/login/", timeout=30).status)
            except OSError as error:
                answers.append(str(error))

    threads = [threading.Thread(target=request) for _ in range(senders)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_certificate_is_from_the_acme_server_and_http_2_is_offered(domain):
    assert domain.certificate["subjectAltName"] == (("DNS", DOMAIN),)
    assert domain.certificate["protocol"] == "h2"
    assert 'h3=":443"' in fetch(domain.url, "GET", "/accounts/login/").headers["Alt-Svc"]


def test_http_is_redirected_to_https(domain):
    answer = fetch(f"http://127.0.0.1:{domain.http}", "GET", "/chats/", {"Host": DOMAIN})
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{DOMAIN}/chats/")


def test_members_log_in_with_secure_cookies(domain, alice):
    other = alice.another_browser()
    other.expect_redirect(other.log_in(), "/chats/")
    assert "__Host-sessionid=" in other.cookie
    assert "max-age=31536000" in other.get("/chats/").headers["Strict-Transport-Security"]


def test_events_stream_through_caddy(domain, alice):
    with Connection(domain.url, timeout=10) as connection:
        response = connection.open("GET", "/events/", {"Cookie": alice.cookie})
        assert response.status == 200
        assert response.headers.get_content_type() == "text/event-stream"
        assert response.readline()


def test_client_address_is_the_one_that_caddy_sees(stack, domain):
    headers = {"X-Forwarded-For": "203.0.113.66", "X-Request-ID": "trace-of-caddy"}
    fetch(domain.url, "GET", "/accounts/login/", headers)
    lines = stack.compose("logs", "--no-log-prefix", "--no-color", "web").splitlines()
    (found,) = [json.loads(line) for line in lines if "trace-of-caddy" in line]
    project = stack.env["COMPOSE_PROJECT_NAME"]
    network = json.loads(stack.run("docker", "network", "inspect", f"{project}_edge"))[0]
    assert found["ip"] == network["IPAM"]["Config"][0]["Gateway"]


def test_new_container_of_nginx_fails_no_request_behind_caddy(stack, domain, figure):
    before = stack.ids()["nginx"]
    with requesting(domain.url) as answers:
        stack.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", "nginx")
    assert stack.ids()["nginx"] != before
    assert len(answers) > 10
    assert set(answers) == {200}
    figure(f"a new container of nginx behind Caddy: {len(answers)} requests, 0 failed")


def test_changed_setting_reloads_nginx_and_refuses_no_request(stack, domain, figure):
    before = stack.ids()["nginx"]
    stack.env["STREAMS"] = "321"
    with requesting(domain.url) as answers:
        stack.make("up")
    assert stack.ids()["nginx"] == before
    assert "limit_conn streams 321;" in stack.compose("exec", "-T", "nginx", "cat", "/tmp/bobbin.conf")
    assert set(answers) == {200}
    figure(f"a changed setting of nginx: {len(answers)} requests, 0 failed")


def test_wrong_setting_of_nginx_is_refused_and_the_site_continues(stack, domain):
    before = stack.ids()["nginx"]
    stack.env["LOG_IN_RATE"] = "60"
    said = stack.make("up", status=2)
    del stack.env["LOG_IN_RATE"]
    assert "LOG_IN_RATE=60 must have a unit" in said
    assert stack.ids()["nginx"] == before
    assert fetch(domain.url, "GET", "/accounts/login/").status == 200


# --- A proxy of one's own, on this machine ---


def test_https_request_gets_the_page_and_secure_cookies(stack, domain):
    answer = log_in_page(stack, FROM_PROXY)
    assert answer.status == 200
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_http_request_of_the_proxy_is_redirected_to_https(stack, domain):
    answer = log_in_page(stack, {})
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")


def test_client_address_in_logs_is_that_of_the_proxy_header(stack, domain):
    log_in_page(stack, FROM_PROXY | {"X-Request-ID": "trace-of-proxy"})
    for service in ("nginx", "web"):
        lines = stack.compose("logs", "--no-log-prefix", "--no-color", service).splitlines()
        (found,) = [json.loads(line) for line in lines if "trace-of-proxy" in line]
        assert found["ip"] == "203.0.113.9", service


def test_privacy_probe_passes_with_https(stack, domain):
    said = stack.compose(
        "run", "--rm", "--no-deps", "--no-TTY", "privacy-probe", "python", "manage.py", "check_cached_pages",
        "--url=http://web:8000", f"--host={DOMAIN}",
    )  # fmt: skip
    assert "none was stale" in said


def test_expired_certificate_is_reported_and_fails_no_start(stack, domain):
    domain.replace_the_certificate(seconds=10)
    until = time.monotonic() + RECOVERY_SECONDS
    while "expired on" not in (said := stack.run("scripts/check-site.sh")):
        assert time.monotonic() < until, said
    assert "is ready" not in said
    assert "FAILED  certificate of the profile https: " in stack.run("scripts/doctor.sh", status=1)


def test_forwarded_headers_of_an_untrusted_client_are_ignored(stack, domain):
    del stack.env["TRUSTED_PROXY"]
    stack.make("up")

    assert log_in_page(stack, FROM_PROXY).status == 301


def test_site_without_caddy_is_ready_for_a_proxy(stack, domain):
    stack.compose("rm", "--stop", "--force", "caddy")
    assert "is ready for your proxy at http://127.0.0.1:" in stack.run("scripts/check-site.sh")


def test_proxy_is_trusted_after_the_subnet_of_the_networks_has_moved(stack, domain, monkeypatch):
    subnet = {"subnet": "10.211.77.0/24", "gateway": "10.211.77.9"}
    (stack.folder / "moved.yml").write_text(
        json.dumps({"networks": {"edge": {"ipam": {"config": [subnet]}}}})
    )
    monkeypatch.setitem(stack.env, "COMPOSE_FILE", f"{stack.env['COMPOSE_FILE']}:moved.yml")
    monkeypatch.setitem(stack.env, "TRUSTED_PROXY", "gateway")
    stack.make("down", "up")

    network = stack.run("docker", "network", "inspect", f"{stack.env['COMPOSE_PROJECT_NAME']}_edge")
    assert json.loads(network)[0]["IPAM"]["Config"] == [
        {"Subnet": "10.211.77.0/24", "Gateway": "10.211.77.9"}
    ]
    assert log_in_page(stack, FROM_PROXY).status == 200
    stack.make("down")
