"""Each container is restricted, has probes and resources, and uses an image with a version."""

import re
from collections.abc import Iterator

from tests.deployment.kubernetes.manifests.checks.rendering import Pod, pods

# Containers that only metrics depend on: their pods serve pages without them.
NOT_IN_THE_WAY = {"metrics", "exporter"}
PATIENCE = 30  # Minimum seconds before the kubelet restarts a container that does not answer.
PINNED = re.compile(r"^[^@]+:(?!latest)[^:@/]+(@sha256:[0-9a-f]{64})?$|@sha256:[0-9a-f]{64}$")


def check(objects: list[dict]) -> list[str]:
    return [
        f"{pod}: {problem}"
        for pod in pods(objects)
        for part in (pod_is_restricted, containers_are_restricted, probes, resources, images, ends_in_time)
        for problem in part(pod)
    ]


def pod_is_restricted(pod: Pod) -> Iterator[str]:
    spec, security = pod.spec, pod.spec.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "runs as root, or as whom its image says"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"has {field}"
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        yield "has a folder of its node"
    if spec.get("automountServiceAccountToken") is not False:
        yield "has a token for the API server"
    if spec.get("serviceAccountName", "default") == "default":
        yield "has no service account of its own"
    if spec.get("enableServiceLinks") is not False:
        yield "has variables of Services among its settings"


def containers_are_restricted(pod: Pod) -> Iterator[str]:
    for container in pod.containers:
        security, who = container.get("securityContext", {}), container["name"]
        if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
            yield f"{who} may gain privileges"
        if security.get("readOnlyRootFilesystem") is not True:
            yield f"{who} can write to its root"
        if security.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{who} has capabilities"
        if security.get("runAsNonRoot") is False or security.get("runAsUser") == 0:
            yield f"{who} runs as root"


def probes(pod: Pod) -> Iterator[str]:
    if pod.ends_by_itself:
        return
    for container in pod.spec["containers"]:
        who = container["name"]
        wanted = {"livenessProbe"} if who in NOT_IN_THE_WAY else {"livenessProbe", "readinessProbe"}
        yield from (f"{who} has no {probe}" for probe in sorted(wanted - container.keys()))
        yield from (f"{who}: {problem}" for problem in _sane_probes(pod, container))


def _sane_probes(pod: Pod, container: dict) -> Iterator[str]:
    own = {port["name"] for port in container.get("ports", [])}
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container.get(kind, {})
        requested = probe.get("httpGet") or probe.get("tcpSocket") or {}
        if requested and requested["port"] not in own:
            yield f"{kind} asks port {requested['port']}, which is none of its own"
    alive = container.get("livenessProbe", {})
    if alive.get("httpGet", {}).get("path") == "/readyz":
        yield "livenessProbe asks for PostgreSQL: a restart does not mend that"
    if alive and alive.get("periodSeconds", 10) * alive.get("failureThreshold", 3) < PATIENCE:
        yield f"livenessProbe ends it within {PATIENCE} s"


def resources(pod: Pod) -> Iterator[str]:
    for container in pod.containers:
        given = container.get("resources", {})
        if {"cpu", "memory"} - given.get("requests", {}).keys() or "memory" not in given.get("limits", {}):
            yield f"{container['name']} does not say what it needs"
        if "cpu" in given.get("limits", {}):
            yield f"{container['name']} is throttled by a limit of CPU"
    for volume in pod.spec.get("volumes", []):
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"the volume {volume['name']} may fill its node"


def images(pod: Pod) -> Iterator[str]:
    for container in pod.containers:
        if not PINNED.search(container["image"]):
            yield f"{container['name']} has an image without a version: {container['image']}"


def ends_in_time(pod: Pod) -> Iterator[str]:
    """Yield containers whose preStop pause and graceful shutdown exceed the grace period of the pod."""
    given = pod.spec.get("terminationGracePeriodSeconds", 30)
    for container in pod.spec["containers"]:
        pause = (
            container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])
        )
        needed = int(pause[1]) + GRACE.get(container["name"], 0)
        if needed >= given:
            yield f"{container['name']} needs {needed} s to end and has {given}"
    if pod.kind == "Deployment" and "strategy" not in pod.owner["spec"]:
        yield "does not say how it is rolled out"


# Seconds of a graceful shutdown: graceful_timeout of both gunicorns, and the proxy timeout of nginx.
GRACE = {"web": 20, "events": 10, "nginx": 35}
