"""References between objects: selectors, ports, ConfigMaps, Secrets, service accounts."""

import re
from collections.abc import Iterator

from tests.deployment.kubernetes.manifests.checks.rendering import Pod, name, of_kind, pods, scalers

# Created by scripts/secrets.sh, or by a component of an overlay.
SECRET = "bobbin"
KEYS_OF_THE_SECRET = {
    "postgres_admin_password",
    "postgres_monitor_password",
    "postgres_owner_password",
    "postgres_password",
    "redis_acl",
    "redis_url",
    "secret_key",
}
# Created by CloudNativePG for the role that owns the database.
KEYS_OF_SECRETS = {
    SECRET: KEYS_OF_THE_SECRET,
    "postgres-app": {"password", "username"},
    "postgres-ca": {"ca.crt"},
}
# Labels of pods that an operator creates.
MADE_BY_OPERATORS = {"cnpg.io/cluster", "cnpg.io/poolerName"}
IN_CLEAR = re.compile(r"(PASSWORD|SECRET|TOKEN|_KEY|CREDENTIAL)", re.IGNORECASE)
ADDRESS_WITH_PASSWORD = re.compile(r"[a-z]+://[^/\s:@]*:[^/\s@]+@")


def check(objects: list[dict]) -> list[str]:
    parts = (selectors, service_ports, references, accounts, in_clear, migrate_job)
    return [problem for part in parts for problem in part(objects)]


def matches(selector: dict, labels: dict) -> bool:
    wanted = selector.get("matchLabels", {})
    return wanted.items() <= labels.items() and all(
        labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", [])
    )


def selected(objects: list[dict], selector: dict) -> list[Pod]:
    return [pod for pod in pods(objects) if matches(selector, pod.labels)]


def by_an_operator(selector: dict) -> bool:
    keys = {rule["key"] for rule in selector.get("matchExpressions", [])}
    return bool((keys | selector.get("matchLabels", {}).keys()) & MADE_BY_OPERATORS)


def selectors(objects: list[dict]) -> Iterator[str]:
    for found in objects:
        for selector in _selectors_of(found):
            if not selected(objects, selector) and not by_an_operator(selector):
                yield f"{name(found)} selects no pod: {selector}"
    for pod in pods(objects):
        own = pod.owner["spec"].get("selector")
        if own and not matches(own, pod.labels):
            yield f"{pod} does not select its own pods"
    for scaler, target, _ in scalers(objects):
        scaled = [pod for pod in pods(objects) if (pod.kind, pod.name) == (target["kind"], target["name"])]
        if not scaled:
            yield f"{name(scaler)} scales what is not there"
        for pod in scaled:
            if "replicas" in pod.owner["spec"]:
                yield f"{pod} has replicas, which {name(scaler)} sets"
            if len(pod.spec["containers"]) > 1:
                yield from _sums_of_containers(scaler)


def _sums_of_containers(scaler: dict) -> Iterator[str]:
    """`Resource` adds up all containers of a pod, also those that serve no pages."""
    for metric in scaler["spec"].get("metrics", []):
        if metric["type"] == "Resource":
            yield f"{name(scaler)} measures the sum of all containers of its pods"


def _selectors_of(found: dict) -> list[dict]:
    spec = found.get("spec", {})
    if found["kind"] == "Service":
        return [{"matchLabels": spec["selector"]}] if "selector" in spec else []
    if found["kind"] == "PodDisruptionBudget":
        return [spec["selector"]]
    if found["kind"] == "PodMonitor":
        return [spec["selector"]]
    if found["kind"] == "NetworkPolicy":
        peers = [
            peer
            for rule in [*spec.get("ingress", []), *spec.get("egress", [])]
            for peer in [*rule.get("from", []), *rule.get("to", [])]
            if "podSelector" in peer and "namespaceSelector" not in peer
        ]
        # The component Prometheus is optional.
        named = [peer["podSelector"] for peer in peers if not matches(peer["podSelector"], PROMETHEUS)]
        return [spec["podSelector"], *named]
    return []


PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}


def service_ports(objects: list[dict]) -> Iterator[str]:
    for service in of_kind(objects, "Service"):
        for port in service["spec"]["ports"]:
            for pod in selected(objects, {"matchLabels": service["spec"]["selector"]}):
                if port["targetPort"] not in {*pod.ports, *pod.ports.values()}:
                    yield f"{name(service)} leads to port {port['targetPort']}, which {pod} does not have"


def references(objects: list[dict]) -> Iterator[str]:
    maps = {
        found["metadata"]["name"]: found.get("data", {}).keys() for found in of_kind(objects, "ConfigMap")
    }
    for pod in pods(objects):
        for kind, used, key in _used_by(pod):
            there = maps if kind == "ConfigMap" else KEYS_OF_SECRETS
            if used not in there:
                yield f"{pod} uses the {kind} {used}, which is not there"
            elif key and key not in there[used]:
                yield f"{pod} uses {key} of the {kind} {used}, which has none"
        mounted = {volume["name"] for volume in pod.spec.get("volumes", [])}
        mounted |= {claim["metadata"]["name"] for claim in pod.owner["spec"].get("volumeClaimTemplates", [])}
        for container in pod.containers:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in mounted:
                    yield f"{pod}: {container['name']} mounts {mount['name']}, which is not there"


def _used_by(pod: Pod) -> Iterator[tuple[str, str, str | None]]:
    for container in pod.containers:
        for source in container.get("envFrom", []):
            yield "ConfigMap", source["configMapRef"]["name"], None
        for variable in container.get("env", []):
            for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                if used := variable.get("valueFrom", {}).get(field):
                    yield kind, used["name"], used["key"]
    for volume in pod.spec.get("volumes", []):
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            for kind, field, named in (
                ("ConfigMap", "configMap", "name"),
                ("Secret", "secret", "secretName"),
            ):
                if used := source.get(field):
                    keys = [item["key"] for item in used.get("items", [])] or [None]
                    yield from ((kind, used.get(named) or used["name"], key) for key in keys)


def accounts(objects: list[dict]) -> Iterator[str]:
    there = {found["metadata"]["name"] for found in of_kind(objects, "ServiceAccount")}
    for account in of_kind(objects, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"{name(account)} gives its pods a token"
    yield from (
        f"{pod} has the account {pod.spec.get('serviceAccountName')}, which is not there"
        for pod in pods(objects)
        if pod.spec.get("serviceAccountName") not in there
    )


def in_clear(objects: list[dict]) -> Iterator[str]:
    """Yield secrets outside of Secrets, which are created outside the repository."""
    for found in of_kind(objects, "ConfigMap"):
        for key, value in found.get("data", {}).items():
            if _is_secret(key, value):
                yield f"{name(found)} has {key} in clear"
    for pod in pods(objects):
        for container in pod.containers:
            for variable in container.get("env", []):
                if _is_secret(variable["name"], variable.get("value", "")):
                    yield f"{pod}: {container['name']} has {variable['name']} in clear"


def _is_secret(key: str, value: str) -> bool:
    named = IN_CLEAR.search(key) and not key.endswith("_FILE") and "\n" not in value
    # "-" is the value for a user without a password.
    return bool(value not in {"", "-"} and named) or bool(ADDRESS_WITH_PASSWORD.search(value))


def migrate_job(objects: list[dict]) -> Iterator[str]:
    """Check the migration Job, which is immutable: its name has the release, and it uses no ConfigMap.

    The name of a generated ConfigMap contains a hash of its content, so a change would alter the Job.
    """
    tags = {
        container["image"].split("@")[0].rsplit(":", 1)[-1]
        for pod in pods(objects)
        for container in pod.containers
        if re.search(r"(^|/)bobbin/(web|nginx)[:@]", container["image"])
    }
    if len(tags) > 1:
        yield f"Bobbin's images are of different releases: {sorted(tags)}"
    for pod in pods(objects):
        if pod.kind == "Job" and pod.labels.get("app.kubernetes.io/name") == "migrate":
            if {pod.name.removeprefix("migrate-")} != tags:
                yield f"{pod} is not named after the release {sorted(tags)}"
            if any(kind == "ConfigMap" for kind, _, _ in _used_by(pod)):
                yield f"{pod} uses a ConfigMap, and could not be applied again once that has changed"
