"""The Helm chart in a namespace of its own, with the commands of k8s/README.md."""

import json
import os
import re
import shutil
import urllib.request

import pytest

from tests.deployment.kubernetes.cluster.cluster import ROOT
from tests.deployment.kubernetes.cluster.forward import Forward

NAMESPACE = "bobbin-chart"


class Chart:
    def __init__(self, images) -> None:
        self.run = images.run
        self.folder = images.folder / "chart"
        shutil.copytree(ROOT / "charts/bobbin", self.folder, ignore=shutil.ignore_patterns("secrets"))
        # The cluster of .ci/run has the version 1.20, and serves the newer APIs that the chart needs.
        about = self.folder / "Chart.yaml"
        about.write_text(re.sub(r"^kubeVersion:.*\n", "", about.read_text(), flags=re.M))
        self.values = [
            f"--set=images.localhost/bobbin/{name}.newTag={images.release}" for name in ("web", "nginx")
        ]

    def kubectl(self, *arguments: str) -> str:
        return self.run(os.environ["KUBECTL"], f"--namespace={NAMESPACE}", *arguments)

    def helm(self, command: str, *arguments: str) -> str:
        return self.run(os.environ["HELM"], command, "bobbin", f"--namespace={NAMESPACE}", *arguments)

    def upgrade(self, *arguments: str) -> None:
        # In Kubernetes 1.20 a controller owns volumeClaimTemplates, so a server-side apply conflicts.
        client = ("--server-side=false", "--timeout=5m")
        self.helm("upgrade", str(self.folder), "--install", *client, *self.values, *arguments)

    def log_level(self) -> str:
        said = self.kubectl("exec", "deployment/web", "--container=web", "--", "printenv", "LOG_LEVEL")
        return said.strip()


@pytest.fixture
def chart(images, tmp_path):
    chart = Chart(images)
    images.run(str(ROOT / "scripts/secrets.sh"), env={"BOBBIN_SECRETS": str(tmp_path / "secrets")})
    chart.kubectl("create", "namespace", NAMESPACE)
    chart.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    chart.kubectl("create", "secret", "generic", "bobbin", f"--from-file={tmp_path / 'secrets'}")
    yield chart
    # The end of the session waits for the namespace `bobbin`, which takes as long.
    chart.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_chart_installs_upgrades_rolls_back_and_uninstalls(chart):
    chart.upgrade("--set=settings.LOG_LEVEL=INFO")
    for name in ("web", "nginx"):
        chart.kubectl("rollout", "status", f"deployment/{name}", "--timeout=5m")
    assert "Log in" in page_of(chart)
    # It binds the claim `backups`, for which `--wait` waits.
    chart.kubectl("create", "job", "--from=cronjob/backup", "first-backup")

    chart.upgrade("--wait", "--set=settings.LOG_LEVEL=WARNING")
    assert chart.log_level() == "WARNING"

    chart.helm("rollback", "1", "--server-side=false", "--wait", "--timeout=5m")
    assert chart.log_level() == "INFO"
    assert "Log in" in page_of(chart)

    chart.helm("uninstall", "--wait", "--timeout=5m")
    assert left(chart) == ["backups", "data-postgres-0"]


def page_of(chart: Chart) -> str:
    """Return the log-in page through nginx."""
    service = json.loads(chart.kubectl("get", "service", "nginx", "--output=json"))
    command = [os.environ["KUBECTL"], "--namespace", NAMESPACE]
    forward = Forward(command, "nginx", service["spec"]["clusterIP"], 80)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{forward.port}/accounts/login/") as answer:
            return answer.read().decode()
    finally:
        forward.close()


def left(chart: Chart) -> list[str]:
    """Return the names of the objects that remain of a release."""
    kinds = "persistentvolumeclaims,deployments,statefulsets,cronjobs,services,configmaps,networkpolicies"
    found = json.loads(chart.kubectl("get", kinds, "--output=json"))["items"]
    return sorted(one["metadata"]["name"] for one in found if one["metadata"]["name"] != "kube-root-ca.crt")
