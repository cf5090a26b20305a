"""A Prometheus of Bobbin's own, with policies in force, sees all that it is for."""

import json
import os
import re
import subprocess
import sys

import pytest
from forward import Forward
from test_start import SITE

from cluster import ROOT

COMPONENTS = "components:\n  - ../../components/network-policies\n"


@pytest.fixture
def prometheus(cluster):
    """Its address. Nobody may reach it but from the namespace monitoring, so kubectl forwards a port."""
    overlay = cluster.overlay / "kustomization.yaml"
    more = "".join(f"  - ../../components/{name}\n" for name in ("exporters", "prometheus"))
    overlay.write_text(overlay.read_text().replace(COMPONENTS, COMPONENTS + more))
    cluster.load(*re.findall(r"image: (\S+)", cluster.kubectl("kustomize", str(cluster.overlay))))
    cluster.apply()
    cluster.settle()
    service = json.loads(cluster.kubectl("get", "service", "prometheus", "--output=json"))
    door = Forward(cluster.kubectl_command, "prometheus", service["spec"]["clusterIP"], 9090)
    assert door.process, "Prometheus can be reached by everybody"
    yield f"http://127.0.0.1:{door.port}"
    door.close()


def test_prometheus_sees_all_of_it(cluster, prometheus):
    done = subprocess.run(
        [sys.executable, *SITE, "-m", "monitored"], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"BASE_URL": cluster.url, "DOOR": "nginx", "PROMETHEUS_URL": prometheus},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
