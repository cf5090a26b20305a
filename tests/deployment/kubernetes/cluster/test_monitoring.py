"""The Prometheus of the component scrapes all targets while network policies are enforced."""

import json
import os
import re
import subprocess

import pytest

from tests.deployment.kubernetes.cluster.cluster import ROOT
from tests.deployment.kubernetes.cluster.forward import Forward
from tests.support.black_box import SITE

COMPONENTS = "components:\n  - ../../components/network-policies\n"


@pytest.fixture
def prometheus(cluster):
    """Return the address of a forwarded port; only the namespace monitoring can reach Prometheus directly."""
    overlay = cluster.overlay / "kustomization.yaml"
    more = "".join(
        f"  - ../../components/{name}\n" for name in ("exporters", "postgres-exporter", "prometheus")
    )
    overlay.write_text(overlay.read_text().replace(COMPONENTS, COMPONENTS + more))
    cluster.load(*re.findall(r"image: (\S+)", cluster.kubectl("kustomize", str(cluster.overlay))))
    cluster.apply()
    cluster.settle()
    service = json.loads(cluster.kubectl("get", "service", "prometheus", "--output=json"))
    forward = Forward(cluster.kubectl_command, "prometheus", service["spec"]["clusterIP"], 9090)
    assert forward.process, "Prometheus can be reached by everybody"
    yield f"http://127.0.0.1:{forward.port}"
    forward.close()


def test_prometheus_in_the_cluster_scrapes_all_targets(cluster, prometheus):
    done = subprocess.run(
        [*SITE, "-m", "monitored"], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"BASE_URL": cluster.url, "EDGE": "nginx", "PROMETHEUS_URL": prometheus},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
