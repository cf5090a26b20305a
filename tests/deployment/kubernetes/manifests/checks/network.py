"""Network policies: each allowed port exists, and each port is allowed for at least one client."""

from collections.abc import Iterator

from tests.deployment.kubernetes.manifests.checks.rendering import Pod, name, of_kind, pods
from tests.deployment.kubernetes.manifests.checks.wiring import matches, selected

# Only the kubelet uses these ports, and it connects from the node.
OF_THE_POD_ALONE = {("nginx", "status")}


def check(objects: list[dict]) -> list[str]:
    policies = of_kind(objects, "NetworkPolicy")
    parts = (denies_all, allowed_ports_exist, ports_are_allowed, ways_out_lead_somewhere)
    return [problem for part in parts for problem in part(objects, policies)] if policies else []


def denies_all(objects: list[dict], policies: list[dict]) -> Iterator[str]:
    nothing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if not any(policy["spec"] == nothing for policy in policies):
        yield "no policy denies everything else, both ways"


def allowed_ports_exist(objects: list[dict], policies: list[dict]) -> Iterator[str]:
    for policy in policies:
        if not policy["spec"]["podSelector"]:
            continue  # A rule for all pods is about those that have the port.
        for pod in selected(objects, policy["spec"]["podSelector"]):
            for rule in policy["spec"].get("ingress", []):
                for port in rule.get("ports", [{}]):
                    if port.get("port") not in {*pod.ports, *pod.ports.values()}:
                        yield f"{name(policy)} lets in to port {port.get('port')}, which {pod} does not have"


def ports_are_allowed(objects: list[dict], policies: list[dict]) -> Iterator[str]:
    for pod in pods(objects):
        for port_name, number in pod.ports.items():
            exempt = (pod.labels.get("app.kubernetes.io/name"), port_name) in OF_THE_POD_ALONE
            if not exempt and not any(_lets_in(policy, pod, number, None) for policy in policies):
                yield f"nobody may reach port {port_name} of {pod}"


def ways_out_lead_somewhere(objects: list[dict], policies: list[dict]) -> Iterator[str]:
    """Yield egress rules to ports whose pods have no matching ingress rule."""
    for policy in policies:
        for rule in policy["spec"].get("egress", []):
            for peer in rule.get("to", []):
                if "podSelector" in peer and "namespaceSelector" not in peer:
                    yield from _unwelcome(objects, policies, policy, peer, rule)


def _unwelcome(
    objects: list[dict], policies: list[dict], policy: dict, peer: dict, rule: dict
) -> Iterator[str]:
    for source in selected(objects, policy["spec"]["podSelector"]):
        for goal in selected(objects, peer["podSelector"]):
            for port in rule.get("ports", []):
                if not any(
                    _lets_in(other, goal, goal.ports.get(port["port"], port["port"]), source)
                    for other in policies
                ):
                    yield f"{name(policy)} lets {source} out to {goal}:{port['port']}, which keeps it out"


def _lets_in(policy: dict, pod: Pod, port: int, source: Pod | None) -> bool:
    if not matches(policy["spec"]["podSelector"], pod.labels):
        return False
    for rule in policy["spec"].get("ingress", []):
        numbers = {pod.ports.get(entry.get("port"), entry.get("port")) for entry in rule.get("ports", [])}
        peers = rule.get("from")
        welcome = (
            source is None
            or not peers
            or any(
                matches(peer["podSelector"], source.labels)
                for peer in peers
                if "podSelector" in peer and "namespaceSelector" not in peer
            )
        )
        if port in numbers and welcome:
            return True
    return False
