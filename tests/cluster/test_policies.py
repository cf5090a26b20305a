"""Who reaches whom, tried from inside: each pod tries every port of every other."""

import json
import os
import subprocess

import pytest

from cluster import NAMESPACE

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
# A pod as anybody may start it: restricted, with Python, and a name of its own.
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
    """Every address that somebody could want, by its name."""
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
    """The names of the places that a pod reaches."""
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
    """A stray pod in a namespace, which is removed with it when it was not there."""
    namespace = request.param
    made = subprocess.run(
        [*kubectl(cluster, "default"), "create", "namespace", namespace], capture_output=True
    )
    pod = json.loads(json.dumps(STRAY))
    pod["spec"]["containers"][0]["image"] = f"bobbin/web:{cluster.release}"
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
def test_from_elsewhere_only_the_door_can_be_reached(cluster, places, stray):
    assert reached(cluster, places, stray, "stray", "stray") == {"nginx http", "the API server"}


@pytest.mark.parametrize("stray", ["monitoring"], indirect=True)
def test_metrics_can_be_reached_from_monitoring_alone(cluster, places, stray):
    found = reached(cluster, places, stray, "stray", "stray")

    assert found == {"nginx http", "web metrics", "events metrics", "the API server"}


def test_web_reaches_postgres_and_redis_alone(cluster, places):
    (web,) = cluster.names("web")
    own = {name: address for name, address in places.items() if not name.startswith("web ")}

    assert reached(cluster, own, NAMESPACE, web, "web") == {"postgres postgres", "redis redis"}
    resolved = "import socket; print(socket.gethostbyname('postgres'))"
    assert cluster.kubectl("exec", web, "--container=web", "--", "python", "-c", resolved).strip()
