"""`kubectl apply -k` alone starts the site."""

import os
import subprocess
import sys

from tests.deployment.kubernetes.cluster.cluster import ROOT
from tests.support.black_box import SITE
from tests.support.expired_session import COUNT_SESSIONS, EXPIRED_SESSION


def test_applied_manifests_become_ready_without_restarts(cluster):
    restarts = {
        f"{pod['metadata']['name']}/{container['name']}": container["restartCount"]
        for pod in cluster.get("pods")
        for container in pod["status"].get("containerStatuses", [])
    }
    assert not any(restarts.values()), restarts
    migrate = cluster.get("jobs", "--selector=app.kubernetes.io/name=migrate")
    assert [job["status"].get("succeeded") for job in migrate] == [1]


def test_second_apply_changes_nothing(cluster):
    """The output of kubectl is not compared: it may say "configured" for unchanged objects."""
    before = as_wanted(cluster)

    cluster.apply()

    cluster.settle()
    assert as_wanted(cluster) == before


def as_wanted(cluster):
    """Return every object of the overlay without its status, and the names of the pods."""
    objects = cluster.get("--kustomize", str(cluster.overlay))
    for found in objects:
        found.pop("status", None)
        found["metadata"] = {key: found["metadata"].get(key) for key in ("name", "generation", "labels")}
    # The CronJob counter-audit starts a pod every five minutes.
    pods = cluster.get("pods", "--selector=app.kubernetes.io/name!=counter-audit")
    return objects, {pod["metadata"]["name"] for pod in pods}


def test_clear_sessions_deletes_an_expired_session(cluster):
    cluster.sql(EXPIRED_SESSION)
    cluster.kubectl("create", "job", "--from=cronjob/clear-sessions", "clear-sessions-of-the-test")
    cluster.kubectl("wait", "--for=condition=complete", "job/clear-sessions-of-the-test", "--timeout=120s")

    assert cluster.sql(COUNT_SESSIONS) == [["0"]]


def test_counter_audit_reaches_postgresql_and_redis(cluster):
    cluster.kubectl("create", "job", "--from=cronjob/counter-audit", "audit-of-the-test")
    cluster.kubectl("wait", "--for=condition=complete", "job/audit-of-the-test", "--timeout=120s")

    said = cluster.kubectl("logs", "job/audit-of-the-test")
    assert "counters are right." in said
    assert "Redis failed" not in said


def test_the_six_features_work(cluster):
    said = cluster.run(sys.executable, "-m", "tests.e2e.verify", cluster.url, env={"PYTHONPATH": str(ROOT)})

    assert "6/6" in said


def test_site_suite_passes_through_nginx(cluster):
    done = subprocess.run(
        SITE, cwd=ROOT, env=os.environ | {"BASE_URL": cluster.url, "EDGE": "nginx"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_pod_was_admitted_as_restricted(cluster):
    """The API server admits no other pods; the test checks that it rejects one."""
    said = cluster.kubectl("run", "root", "--image=localhost/bobbin/web:0", "--restart=Never", status=1)

    assert 'violates PodSecurity "restricted' in said
