"""The event streams that all pods of `events` accept also pass through nginx, and pods are added in time."""

from collections.abc import Iterator

from tests.deployment.kubernetes.manifests.checks.rendering import (
    Pod,
    most_pods,
    name,
    of_kind,
    pods,
    scalers,
)
from tests.deployment.kubernetes.manifests.checks.settings import variables

# The default of EVENTS_MOST_STREAMS (services/web/config/settings.py). nginx accepts twice as many.
DEFAULT = "1000"


def check(objects: list[dict]) -> list[str]:
    limits = dict(_limits(objects))
    most = {
        pod.name: limits[pod.name] * most_pods(pod, objects) for pod in pods(objects) if pod.name in limits
    }
    problems = []
    if most["events"] > most["nginx"]:
        problems.append(f"events accepts {most['events']} streams, nginx {most['nginx']}")
    return [*problems, *_late(objects, limits)]


def _limits(objects: list[dict]) -> Iterator[tuple[str, int]]:
    maps = {found["metadata"]["name"]: found.get("data", {}) for found in of_kind(objects, "ConfigMap")}

    def given(pod: Pod) -> dict[str, str]:
        return variables(next(entry for entry in pod.spec["containers"] if entry["name"] == pod.name), maps)

    for pod in pods(objects):
        if pod.name == "events":
            yield "events", int(given(pod).get("EVENTS_MOST_STREAMS", DEFAULT))
        elif pod.name == "nginx":
            twice = 2 * int(given(pod).get("EVENTS_MOST_STREAMS", DEFAULT))
            yield "nginx", int(given(pod).get("NGINX_MOST_STREAMS", twice))


def _late(objects: list[dict], limits: dict[str, int]) -> Iterator[str]:
    """Yield autoscalers that add a pod only when the others already refuse streams."""
    for scaler, target, _ in scalers(objects):
        for trigger in scaler["spec"].get("triggers", []):
            threshold = float(trigger["metadata"]["threshold"])
            if threshold >= limits[target["name"]]:
                yield f"{name(scaler)} adds a pod at {threshold:g} streams, the limit of a pod"
