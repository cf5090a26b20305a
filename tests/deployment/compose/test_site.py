"""The black-box suite against these containers, with and without monitoring."""

import json
import os
import subprocess

import pytest

from tests.support.black_box import SITE
from tests.support.expired_session import COUNT_SESSIONS, EXPIRED_SESSION
from tests.support.harmed_valkey import until


def run_site(stack, *arguments, **env):
    done = subprocess.run(
        [*SITE, *arguments],
        cwd=stack.folder,
        env=os.environ | {"BASE_URL": stack.url, "EDGE": "nginx"} | env,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_site_behaves(stack):
    assert "failed" not in run_site(stack)


def test_unread_counters_are_audited(stack):
    assert "counters are right." in stack.compose("logs", "--no-log-prefix", "counter-audit")


def test_expired_sessions_are_deleted_when_clear_sessions_starts(stack):
    stack.sql(EXPIRED_SESSION)

    stack.compose("restart", "clear-sessions")

    until(lambda: stack.sql(COUNT_SESSIONS) == [["0"]], seconds=60)


@pytest.fixture
def monitored(stack):
    services = json.loads(stack.compose("--profile", "*", "config", "--format", "json"))["services"]
    profile = {name: service.get("profiles", []) for name, service in services.items()}
    # Where base images are replaced, an override may leave out Grafana.
    wanted = [name for name, profiles in profile.items() if profiles == ["monitoring"]]
    print(f"started: {', '.join(wanted)}")
    stack.compose("up", "--detach", "--wait", *wanted)
    yield stack
    stack.compose("rm", "--stop", "--force", *wanted)


def test_prometheus_scrapes_all_targets(monitored):
    networks = monitored.inspect()["prometheus"]["NetworkSettings"]["Networks"]
    address = next(network["IPAddress"] for network in networks.values())

    said = run_site(monitored, "-m", "monitored", PROMETHEUS_URL=f"http://{address}:9090")

    assert "3 passed" in said


def test_privacy_probe_finds_no_violation(monitored):
    said = monitored.compose("logs", "--no-log-prefix", "privacy-probe")
    assert "VIOLATION" not in said
