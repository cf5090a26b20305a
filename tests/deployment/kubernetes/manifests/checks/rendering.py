"""Renders manifests with `kubectl kustomize`, and finds the pod templates in them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[5]
INFRA = ROOT / ".venv-infra"
# Path to the pod template in each kind.
TEMPLATES = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
ENDS_BY_ITSELF = {"Job", "CronJob"}


class RenderError(Exception):
    """`kubectl kustomize` failed."""


def render(folder: Path) -> list[dict]:
    answer = subprocess.run(
        [os.environ["KUBECTL"], "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise RenderError(answer.stderr)
    return [found for found in yaml.load_all(answer.stdout, Loader=yaml.CSafeLoader) if found]


def to_yaml(objects: list[dict]) -> str:
    # Use the dumper of libyaml, which is twenty times as fast, since dashboards are long.
    return yaml.dump_all(objects, Dumper=yaml.CSafeDumper)


def copy_of_the_tree(folder: Path) -> Path:
    """Copy the manifests into `folder`, with secrets from scripts/secrets.sh."""
    for name in ("deploy", "k8s"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("secrets"))
    secrets = folder / "k8s/overlays/local/secrets"
    subprocess.run(
        [ROOT / "scripts/secrets.sh"],
        env=os.environ | {"BOBBIN_SECRETS": str(secrets)},
        check=True,
        capture_output=True,
    )
    return folder


@dataclass(frozen=True)
class Pod:
    """A pod template with the object that contains it."""

    kind: str
    name: str
    owner: dict
    template: dict

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def spec(self) -> dict[str, Any]:
        return self.template["spec"]

    @property
    def labels(self) -> dict[str, str]:
        return self.template["metadata"].get("labels", {})

    @property
    def ends_by_itself(self) -> bool:
        return self.kind in ENDS_BY_ITSELF

    @property
    def containers(self) -> list[dict]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @cached_property
    def ports(self) -> dict[str, int]:
        """The named ports of all containers."""
        listed = [port for container in self.spec["containers"] for port in container.get("ports", [])]
        return {port["name"]: port["containerPort"] for port in listed}


def pods(objects: list[dict]) -> Iterator[Pod]:
    for found in objects:
        way = TEMPLATES.get(found["kind"])
        if way:
            template = found
            for step in way:
                template = template[step]
            yield Pod(found["kind"], found["metadata"]["name"], found, template)


def of_kind(objects: list[dict], *kinds: str) -> list[dict]:
    return [found for found in objects if found["kind"] in kinds]


def scalers(objects: list[dict]) -> Iterator[tuple[dict, dict, int]]:
    """Yield each autoscaler, its target, and the largest number of pods that it sets."""
    for found in of_kind(objects, "HorizontalPodAutoscaler"):
        yield found, found["spec"]["scaleTargetRef"], found["spec"]["maxReplicas"]
    for found in of_kind(objects, "ScaledObject"):
        target = {"kind": "Deployment"} | found["spec"]["scaleTargetRef"]
        yield found, target, found["spec"]["maxReplicaCount"]


def most_pods(pod: Pod, objects: list[dict]) -> int:
    """Return the largest number of replicas of a pod, without those of a rollout."""
    for _, target, most in scalers(objects):
        if (target["kind"], target["name"]) == (pod.kind, pod.name):
            return most
    return pod.owner["spec"].get("replicas", 1)


def name(found: dict) -> str:
    return f"{found['kind']} {found['metadata']['name']}"
