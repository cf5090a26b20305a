"""In production, every series of rules, dashboards and autoscalers comes from a target of a PodMonitor."""

import re
from collections.abc import Iterator

import pytest
import yaml

from tests.deployment.kubernetes.manifests.checks.rendering import ROOT, of_kind
from tests.deployment.kubernetes.manifests.checks.wiring import by_an_operator, selected
from tests.deployment.monitoring import sources
from tests.deployment.monitoring.panels import queries
from tests.deployment.monitoring.promql import OF_A_HISTOGRAM, names
from tests.deployment.monitoring.rules import rules

# The series of the exporter of CloudNativePG that have a name of postgres-exporter: its ConfigMap
# `cnpg-default-monitoring`, and the metrics of the instance manager.
CLOUDNATIVE_PG = {
    *("cnpg_collector_up", "cnpg_backends_total", "cnpg_backends_max_tx_duration_seconds"),
    *("cnpg_pg_database_size_bytes", "cnpg_pg_replication_lag", "cnpg_pg_replication_in_recovery"),
    "cnpg_pg_replication_slots_active",
    *(f"cnpg_pg_stat_archiver_{name}" for name in ("archived_count", "failed_count", "last_archived_time")),
    *(f"cnpg_pg_stat_database_{name}" for name in ("xact_commit", "xact_rollback", "blks_read", "blks_hit")),
    *(f"cnpg_pg_stat_database_tup_{name}" for name in ("fetched", "inserted", "updated", "deleted")),
    *(f"cnpg_pg_stat_database_{name}" for name in ("conflicts", "deadlocks", "temp_bytes")),
    "cnpg_pg_settings_setting;max_connections",
}
# postgres-exporter renamed this series, and the rule accepts both names.
OLD_NAMES = {"pg_replication_slot_slot_is_active"}
# Series of Prometheus itself, of the kubelet, and of targets that an operator adds.
WITHOUT_MONITORS = sources.PROMETHEUS | sources.KUBERNETES | sources.NODE
REQUESTED = [
    *((f"{panel} {query.ref}", names(query.expr)) for panel, query in queries()),
    *((rule.name, names(rule.expr)) for kind in ("alert", "record") for rule in rules(kind)),
]


@pytest.fixture(scope="module")
def series(production):
    found = set(WITHOUT_MONITORS | OLD_NAMES | {rule.name for rule in rules("record")})
    for monitor in of_kind(production, "PodMonitor"):
        for job in jobs_of(monitor, production):
            found |= sources.own_metrics() if job == "bobbin" else set()
            found |= sources.BY_JOB[job] if job != "bobbin-postgres" else set(renamed(monitor))
    return found


def test_the_probes_of_production_are_those_of_compose_and_the_public_page(production):
    (monitor,) = [
        found for found in of_kind(production, "PodMonitor") if found["metadata"]["name"] == "bobbin-probe"
    ]
    probes = [
        (endpoint["params"]["target"][0], label["replacement"])
        for endpoint in monitor["spec"]["podMetricsEndpoints"]
        for label in endpoint["relabelings"]
        if label["targetLabel"] == "probe"
    ]
    composed = [
        (target.replace("nginx:8080", "nginx"), group["labels"]["probe"])
        for group in yaml.safe_load((ROOT / "deploy/prometheus/probes/compose.yml").read_text())
        for target in group["targets"]
    ]

    assert probes == [*composed, ("https://messages.example.org/accounts/login/", "site")]
    shared = yaml.safe_load((ROOT / "deploy/prometheus/kubernetes/probes.yml").read_text())
    assert [(target, group["labels"]["probe"]) for group in shared for target in group["targets"]] == composed


def test_every_series_has_a_target_in_production(series, production):
    requested = [*REQUESTED, *of_autoscalers(production)]
    missing = {(who, name) for who, used in requested for name in used if not {name, family(name)} & series}

    assert missing == set()


def of_autoscalers(objects: list[dict]) -> Iterator[tuple[str, set[str]]]:
    for found in of_kind(objects, "ScaledObject"):
        (trigger,) = found["spec"]["triggers"]
        yield f"the autoscaler of {found['metadata']['name']}", names(trigger["metadata"]["query"])


def family(name: str) -> str:
    """Return the name of a histogram without the suffix of one of its series."""
    return OF_A_HISTOGRAM.sub("", name)


def jobs_of(monitor: dict, objects: list[dict]) -> Iterator[str]:
    """Yield the value of the label `job` of each target."""
    selector = monitor["spec"]["selector"]
    assert selected(objects, selector) or by_an_operator(selector)
    for endpoint in monitor["spec"]["podMetricsEndpoints"]:
        (relabeling,) = [each for each in endpoint["relabelings"] if each["targetLabel"] == "job"]
        if "regex" in relabeling:
            yield from named_jobs_of(monitor, endpoint, relabeling, objects)
        else:
            yield relabeling["replacement"]


def named_jobs_of(monitor: dict, endpoint: dict, relabeling: dict, objects: list[dict]) -> Iterator[str]:
    """Yield the jobs that have the names of their pods."""
    for pod in selected(objects, monitor["spec"]["selector"]):
        if endpoint["port"] in pod.ports:
            name = re.fullmatch(relabeling["regex"], pod.labels["app.kubernetes.io/name"])[1]
            yield relabeling["replacement"].replace("$1", name)


def renamed(monitor: dict) -> Iterator[str]:
    """Yield the names of the series of CloudNativePG after the relabelings."""
    for name in CLOUDNATIVE_PG:
        for rule in monitor["spec"]["podMetricsEndpoints"][0]["metricRelabelings"]:
            if match := re.fullmatch(rule["regex"], name):
                yield match.expand(rule["replacement"].replace("$", "\\"))
