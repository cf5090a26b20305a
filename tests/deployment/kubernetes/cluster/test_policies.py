"""Network policies, tested from inside the cluster: pods try every port of every other pod."""

import json
import os
import subprocess

import pytest

from tests.deployment.kubernetes.cluster.cluster import NAMESPACE

TRY = """
import json, socket, sys
def reached(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 2).close()
    except OSError:
        return False
    return True
print(json.dumps([address for address in sys.argv[1:] if reached(address)]))
"""
# A pod that does not belong to Bobbin: restricted, with Python.
STRAY = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "stray"},
    "spec": {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "stray",
                "command": ["sleep", "600"],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}


@pytest.fixture(scope="module")
def places(cluster):
    """Return every address in the cluster that a pod could try, by a name."""
    found = {}
    for pod in cluster.get("pods"):
        labels, address = pod["metadata"]["labels"], pod["status"].get("podIP")
        for container in pod["spec"]["containers"]:
            for port in container.get("ports", []):
                if pod["status"]["phase"] == "Running":
                    found[f"{labels['app.kubernetes.io/name']} {port['name']}"] = (
                        f"{address}:{port['containerPort']}"
                    )
    api = json.loads(cluster.kubectl("get", "service", "kubernetes", "--namespace=default", "--output=json"))
    return found | {"the API server": f"{api['spec']['clusterIP']}:443"}


def reached(cluster, places, namespace, pod, container):
    """Return the names of the addresses that a pod reaches."""
    said = cluster.run(
        *kubectl(cluster, namespace), "exec", pod, f"--container={container}", "--", "python", "-c", TRY,
        *places.values(), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    addresses = set(json.loads(said.splitlines()[-1]))
    return {name for name, address in places.items() if address in addresses}


def kubectl(cluster, namespace):
    return [os.environ["KUBECTL"], "--namespace", namespace]


@pytest.fixture
def stray(cluster, request):
    """Start a stray pod in a namespace, and remove both afterwards if the namespace is new."""
    namespace = request.param
    made = subprocess.run(
        [*kubectl(cluster, "default"), "create", "namespace", namespace], capture_output=True
    )
    pod = json.loads(json.dumps(STRAY))
    pod["spec"]["containers"][0]["image"] = f"localhost/bobbin/web:{cluster.release}"
    cluster.run(*kubectl(cluster, namespace), "apply", "--filename=-", input=json.dumps(pod))
    cluster.run(*kubectl(cluster, namespace), "wait", "--for=condition=Ready", "pod/stray", "--timeout=60s")
    yield namespace
    if made.returncode == 0:
        cluster.run(*kubectl(cluster, "default"), "delete", "namespace", namespace)
    else:
        cluster.run(*kubectl(cluster, namespace), "delete", "pod", "stray")


@pytest.mark.parametrize("stray", [NAMESPACE], indirect=True)
def test_a_stray_pod_reaches_nothing(cluster, places, stray):
    assert reached(cluster, places, stray, "stray", "stray") == set()


@pytest.mark.parametrize("stray", ["bobbin-test-elsewhere"], indirect=True)
def test_stray_pod_in_another_namespace_reaches_only_nginx_and_the_api(cluster, places, stray):
    assert reached(cluster, places, stray, "stray", "stray") == {"nginx http", "the API server"}


@pytest.mark.parametrize("stray", ["monitoring"], indirect=True)
def test_only_namespace_monitoring_reaches_metrics(cluster, places, stray):
    found = reached(cluster, places, stray, "stray", "stray")

    assert found == {"nginx http", "web metrics", "events metrics", "the API server"}


def test_web_reaches_only_postgres_and_redis(cluster, places):
    (web,) = cluster.names("web")
    own = {name: address for name, address in places.items() if not name.startswith("web ")}

    assert reached(cluster, own, NAMESPACE, web, "web") == {"postgres postgres", "redis redis"}
    resolved = "import socket; print(socket.gethostbyname('postgres'))"
    assert cluster.kubectl("exec", web, "--container=web", "--", "python", "-c", resolved).strip()
