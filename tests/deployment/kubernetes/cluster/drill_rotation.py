"""The commands of k8s/README.md rotate the secrets under load."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from tests.deployment.compose.log_ins import LOG_IN_TO_POSTGRES, LOG_IN_TO_REDIS
from tests.deployment.compose.sending import Load

SECTION = re.compile(r"^## Rotation of the secrets\n.*?^```\n(.*?)^```\n", re.M | re.S)
ROLES = {"bobbin": "postgres_password", "bobbin_owner": "postgres_owner_password"}
# A session that was opened with the old password.
OLD_SESSION = """
import psycopg, time
held = psycopg.connect("host=postgres dbname=bobbin user=bobbin application_name=old", password={!r})
while held.execute("SELECT 1"): time.sleep(0.5)
"""
COUNT_OLD_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'old'"


def secrets_of(cluster) -> dict[str, str]:
    """Return the first line of each secret."""
    names = [*ROLES.values(), "redis_url", "secret_key"]
    return {name: (cluster.overlay / "secrets" / name).read_text().splitlines()[0] for name in names}


def in_web(cluster, code: str) -> str:
    return cluster.kubectl("exec", "deployment/web", "--container=web", "--", "python", "-c", code)


@pytest.fixture(scope="module")
def old_session(cluster):
    """Hold a session of PostgreSQL in a Job with the network policy of the audit."""
    command = ("create", "job", "--from=cronjob/counter-audit", "old-session", "--dry-run=client", "-o=json")
    job = json.loads(cluster.kubectl(*command))
    password = secrets_of(cluster)["postgres_password"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["command"] = ["python", "-c", OLD_SESSION.format(password)]
    cluster.kubectl("create", "--filename=-", input=json.dumps(job))
    until = time.monotonic() + 60
    while cluster.sql(COUNT_OLD_SESSIONS) != [["1"]]:
        assert time.monotonic() < until, cluster.last_words()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def rotated(cluster, old_session, members, judge, tmp_path_factory):
    """Run the documented commands under load, and return the secrets of before."""
    load = Load(cluster, members)
    (commands,) = SECTION.findall((cluster.folder / "k8s/README.md").read_text())
    tools: Path = tmp_path_factory.mktemp("tools")
    (tools / "kubectl").symlink_to(os.environ["KUBECTL"])
    before = secrets_of(cluster)
    with load:
        began = time.monotonic()
        cluster.run("sh", "-euc", commands, env={"PATH": f"{tools}:{os.environ['PATH']}"})
        took = time.monotonic() - began
        load.wait_for_more()
    judge("rotation of the secrets", load, took)
    return before


def test_rotation_under_load_changes_every_secret(cluster, rotated):
    after = secrets_of(cluster)
    assert [name for name in rotated if rotated[name] == after[name]] == []


@pytest.mark.parametrize("role", ROLES)
def test_old_password_of_postgres_is_refused(cluster, rotated, role):
    name = ROLES[role]
    assert "password authentication failed" in in_web(cluster, LOG_IN_TO_POSTGRES.format(role, rotated[name]))
    assert "accepted" in in_web(cluster, LOG_IN_TO_POSTGRES.format(role, secrets_of(cluster)[name]))


def test_old_password_of_redis_is_refused(cluster, rotated):
    assert "invalid username-password" in in_web(cluster, LOG_IN_TO_REDIS.format(rotated["redis_url"]))
    assert "accepted" in in_web(cluster, LOG_IN_TO_REDIS.format(secrets_of(cluster)["redis_url"]))


def test_session_from_before_the_rotation_has_ended(cluster, rotated):
    assert cluster.sql(COUNT_OLD_SESSIONS) == [["0"]]


def test_members_stay_logged_in(members, rotated):
    assert {member.get("/chats/").status for member in members} == {200}
