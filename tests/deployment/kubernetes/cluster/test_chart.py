"""The Helm chart in a namespace of its own: it installs, upgrades and rolls back as k8s/README.md says."""

import json
import os
import re
import shutil
import urllib.request

import pytest

from tests.deployment.kubernetes.cluster.cluster import ROOT
from tests.deployment.kubernetes.cluster.forward import Forward

NAMESPACE = "bobbin-chart"
# Before Kubernetes 1.22 the controller of a StatefulSet owns fields with which a server-side apply conflicts.
WAITING = ("--wait", "--timeout=5m", "--server-side=false")


class Chart:
    def __init__(self, images) -> None:
        self.run = images.run
        self.folder = images.folder / "chart"
        shutil.copytree(ROOT / "charts/bobbin", self.folder, ignore=shutil.ignore_patterns("secrets"))
        # A cluster of an older version may serve the newer APIs, as that of .ci/run does.
        about = self.folder / "Chart.yaml"
        about.write_text(re.sub(r"^kubeVersion:.*\n", "", about.read_text(), flags=re.M))
        self.images = [
            f"--set=images.localhost/bobbin/{name}.newTag={images.release}" for name in ("web", "nginx")
        ]

    def kubectl(self, *arguments: str) -> str:
        return self.run(os.environ["KUBECTL"], f"--namespace={NAMESPACE}", *arguments)

    def helm(self, *arguments: str) -> str:
        return self.run(os.environ["HELM"], f"--namespace={NAMESPACE}", *arguments)

    def install(self, *values: str) -> None:
        command = ["upgrade", "--install", "bobbin", str(self.folder), *WAITING]
        self.helm(*command, *self.images, *values)

    def log_level(self) -> str:
        said = self.kubectl("exec", "deployment/web", "--container=web", "--", "printenv", "LOG_LEVEL")
        return said.splitlines()[-1]


@pytest.fixture
def chart(images, tmp_path):
    chart = Chart(images)
    images.run(str(ROOT / "scripts/secrets.sh"), env={"BOBBIN_SECRETS": str(tmp_path / "secrets")})
    chart.kubectl("create", "namespace", NAMESPACE)
    chart.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    chart.kubectl("create", "secret", "generic", "bobbin", f"--from-file={tmp_path / 'secrets'}")
    yield chart
    chart.kubectl("delete", "namespace", NAMESPACE, "--wait=true")


def test_chart_installs_upgrades_and_rolls_back(chart):
    chart.install("--set=settings.LOG_LEVEL=INFO")
    assert "Log in" in page_of(chart)

    chart.install("--set=settings.LOG_LEVEL=WARNING")
    assert chart.log_level() == "WARNING"

    chart.helm("rollback", "bobbin", "1", *WAITING)
    assert chart.log_level() == "INFO"
    assert "Log in" in page_of(chart)


def page_of(chart: Chart) -> str:
    service = json.loads(chart.kubectl("get", "service", "nginx", "--output=json"))
    command = [os.environ["KUBECTL"], "--namespace", NAMESPACE]
    forward = Forward(command, "nginx", service["spec"]["clusterIP"], 80)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{forward.port}/accounts/login/") as answer:
            return answer.read().decode()
    finally:
        forward.close()
