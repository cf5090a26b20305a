"""The largest memory use of each web pod (workers, threads, passwords, pages) fits into its limit."""

import runpy

from tests.deployment.kubernetes.manifests.checks.rendering import ROOT, of_kind, pods
from tests.deployment.kubernetes.manifests.checks.settings import DJANGO, variables

CONF = ROOT / "services/web/gunicorn.conf.py"
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def check(objects: list[dict]) -> list[str]:
    maps = {found["metadata"]["name"]: found.get("data", {}) for found in of_kind(objects, "ConfigMap")}
    memory_of = runpy.run_path(str(CONF))["memory_of"]
    problems = []
    for pod in pods(objects):
        for container in pod.spec["containers"]:
            # Containers with a command do not run the gunicorn of the pages.
            if not DJANGO.search(container["image"]) or "command" in container:
                continue
            given = variables(container, maps)
            needed = memory_of(int(given["WEB_WORKERS"]), int(given["WEB_THREADS"]))
            limit = mib(container["resources"]["limits"]["memory"])
            if needed > limit:
                problems.append(f"{pod.name} may need {needed} MiB, its limit is {limit}")
    return problems


def mib(quantity: str) -> int:
    """Convert a memory quantity of Kubernetes to MiB."""
    return int(quantity[:-2]) * UNITS[quantity[-2:]] // 2**20
