"""The largest possible number of web pods does not exceed the connections of PostgreSQL."""

import math
import re
from typing import NamedTuple

from tests.deployment.kubernetes.manifests.checks.rendering import Pod, most_pods, of_kind, pods
from tests.deployment.kubernetes.manifests.checks.settings import DJANGO, variables

# Reserved for superusers, for exporters and operators, and for administrators.
RESERVED = 3 + 5 + 5
OF_EVENTS = 4  # Threads that check sessions (live/queries.py).
# A migration and a container that waits for it, a backup, the two CronJobs of web, a manual command.
JOBS = 6


class Budget(NamedTuple):
    """Connections that the processes want, and that their server or pooler gives.

    `server_wanted` and `server_given` are those between a pooler and PostgreSQL.
    """

    wanted: int
    given: int
    pooled: bool = False
    server_wanted: int = 0
    server_given: int = 0


def check(objects: list[dict]) -> list[str]:
    budget = budget_of(objects)
    if budget is None:
        return []
    problems = []
    if budget.wanted > budget.given:
        where = "the pooler" if budget.pooled else "PostgreSQL"
        problems.append(f"{budget.wanted} connections are wanted, {where} gives {budget.given}")
    if budget.server_wanted > budget.server_given:
        problems.append(
            f"the pooler opens {budget.server_wanted} connections, PostgreSQL gives {budget.server_given}"
        )
    return problems


def budget_of(objects: list[dict]) -> Budget | None:
    """Return the budget, or None for an external PostgreSQL, whose limit the manifests do not contain."""
    web = sum(_most_pods(pod, objects) * _connections(pod, objects) for pod in pods(objects))
    poolers, clusters = of_kind(objects, "Pooler"), of_kind(objects, "Cluster")
    if clusters:
        given = int(clusters[0]["spec"]["postgresql"]["parameters"]["max_connections"]) - RESERVED
        if not poolers:
            return Budget(web + JOBS, given)
        spec = poolers[0]["spec"]
        parameters = spec["pgbouncer"]["parameters"]
        # One pooler must accept all clients while another is down. Each has its own server connections.
        return Budget(
            wanted=web,
            given=int(parameters["max_client_conn"]),
            pooled=True,
            # A rolling update adds one instance.
            server_wanted=(spec["instances"] + 1) * int(parameters["default_pool_size"]) + JOBS,
            server_given=given,
        )
    for found in of_kind(objects, "ConfigMap"):
        if limit := re.search(r"^max_connections = (\d+)", found["data"].get("postgresql.conf", ""), re.M):
            return Budget(web + JOBS, int(limit[1]) - RESERVED)
    return None


def _most_pods(pod: Pod, objects: list[dict]) -> int:
    """Return the largest number of pods at one time: running, surging and terminating ones."""
    most = most_pods(pod, objects)
    rollout = pod.owner["spec"].get("strategy", {}).get("rollingUpdate", {})
    ends, begins = (
        pod.spec.get("terminationGracePeriodSeconds", 30),
        pod.owner["spec"].get("minReadySeconds", 1),
    )
    return most + rollout.get("maxSurge", 1) + min(most, math.ceil(ends / begins))


def _connections(pod: Pod, objects: list[dict]) -> int:
    """Return the connections of one pod: one per thread, one per worker for the probe; four for events."""
    if pod.ends_by_itself:
        return 0
    maps = {found["metadata"]["name"]: found.get("data", {}) for found in of_kind(objects, "ConfigMap")}
    of_pod = 0
    for container in pod.spec["containers"]:
        if container["name"] == "events":
            of_pod += OF_EVENTS
        elif DJANGO.search(container["image"]) and "command" not in container:
            given = variables(container, maps)
            of_pod += int(given["WEB_WORKERS"]) * (int(given["WEB_THREADS"]) + 1)
    return of_pod
