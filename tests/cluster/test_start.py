"""`kubectl apply -k` is enough."""

import os
import subprocess
import sys

from cluster import ROOT

SITE = ["-m", "pytest", "-c", "tests/e2e/site/pytest.ini", "tests/e2e/site", "-q"]


def test_what_is_applied_becomes_well_by_itself(cluster):
    restarts = {
        f"{pod['metadata']['name']}/{container['name']}": container["restartCount"]
        for pod in cluster.get("pods")
        for container in pod["status"]["containerStatuses"]
    }
    assert not any(restarts.values()), restarts
    assert [job["status"].get("succeeded") for job in cluster.get("jobs")] == [1]


def test_applied_again_nothing_changes(cluster):
    """kubectl may say "configured" of what it sent and the API server took for the same."""
    before = as_wanted(cluster)

    cluster.apply()

    cluster.settle()
    assert as_wanted(cluster) == before


def as_wanted(cluster):
    """Every object of ours but for what the cluster notes on it, and the names of the pods."""
    objects = cluster.get("--kustomize", str(cluster.overlay))
    for found in objects:
        found.pop("status", None)
        found["metadata"] = {key: found["metadata"].get(key) for key in ("name", "generation", "labels")}
    return objects, {pod["metadata"]["name"] for pod in cluster.get("pods")}


def test_the_six_features_work(cluster):
    said = cluster.run(sys.executable, str(ROOT / "tests/e2e/verify.py"), cluster.url)

    assert "6/6" in said


def test_the_site_behaves_through_nginx(cluster):
    done = subprocess.run(
        [sys.executable, *SITE], cwd=ROOT, env=os.environ | {"BASE_URL": cluster.url, "DOOR": "nginx"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_pod_was_admitted_as_restricted(cluster):
    """The API server refuses others; that it does is tried, too."""
    said = cluster.kubectl("run", "root", "--image=bobbin/web:0", "--restart=Never", status=1)

    assert 'violates PodSecurity "restricted' in said
