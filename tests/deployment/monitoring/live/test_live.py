"""After the scenario of drive.py, no panel is empty, and every rule finds its series."""

import os

import pytest

from tests.deployment.monitoring import exceptions, sources
from tests.deployment.monitoring.live.monitored import ROOT, WINDOW
from tests.deployment.monitoring.live.pictures import draw
from tests.deployment.monitoring.panels import dashboards, queries
from tests.deployment.monitoring.promql import selectors
from tests.deployment.monitoring.rules import rules

QUERIES = [(panel, query) for panel, query in queries(WINDOW)]
ALERTS = rules("alert")
# Alerts that the scenario must make pending or firing.
EXPECTED_ALERTS = {
    "CacheBreakerOpen",
    "EventsDown",
    "NPlusOneSuspected",
    "QueryBudgetExceeded",
    "ReceiversFail",
    "RedisUnreachable",
    "ReplicationSlotUnused",
    "Watchdog",
}


def test_every_target_is_scraped(seen):
    read = {series.labels["job"] for series in seen.prometheus.between("up == 1", seen.start, seen.end)}

    assert read == {*sources.BY_JOB, "bobbin-prometheus"}


@pytest.mark.parametrize(("panel", "query"), QUERIES, ids=[f"{p} {q.ref}" for p, q in QUERIES])
def test_panel_has_data(seen, panel, query):
    expected = f"{panel.dashboard} {panel.id} {query.ref}" not in exceptions.EMPTY_PANELS

    assert seen.has(query.expr) == expected, query.expr


@pytest.mark.parametrize("rule", rules("record"), ids=str)
def test_a_recording_rule_records(seen, rule):
    labels = ",".join(f'{name}="{value}"' for name, value in rule.source.get("labels", {}).items())

    assert seen.has(f"{rule.name}{{{labels}}}")


def test_every_rule_is_evaluated_without_an_error(seen):
    known = seen.prometheus.rules()

    assert {rule["name"] for rule in known} == {rule.name for rule in [*ALERTS, *rules("record")]}
    assert [(rule["name"], rule["lastError"]) for rule in known if rule["health"] != "ok"] == []


@pytest.mark.parametrize("rule", ALERTS, ids=str)
def test_alert_queries_only_existing_series(seen, rule):
    for name, selector in selectors(rule.expr):
        assert seen.has(f"count({selector})") == (name not in exceptions.ABSENT), selector


def test_active_alerts_are_exactly_those_of_the_scenario(seen):
    alerts = seen.prometheus.between("ALERTS", seen.start, seen.end)
    active = {series.labels["alertname"] for series in alerts}

    assert active - set(exceptions.MAY_BE_ACTIVE) == EXPECTED_ALERTS


@pytest.mark.parametrize(
    ("alert", "view"), [("QueryBudgetExceeded", "over_budget"), ("NPlusOneSuspected", "row_by_row")]
)
def test_alerts_on_queries_name_only_the_faulty_view(seen, alert, view):
    active = seen.prometheus.between(f'ALERTS{{alertname="{alert}"}}', seen.start, seen.end)

    assert {series.labels["view"] for series in active} == {view}


@pytest.mark.parametrize("name", sorted(sources.catalog()))
def test_own_metric_reaches_prometheus_with_its_labels(seen, name):
    kind, labels = sources.catalog()[name]
    series = seen.prometheus.now(f"{name}_bucket" if kind == "histogram" else name)

    assert series
    expected = {*labels, "__name__", "instance", "job"} | ({"le"} if kind == "histogram" else set())
    assert {frozenset(each.labels) for each in series} == {frozenset(expected)}


@pytest.mark.parametrize("job", sources.BY_JOB)
def test_other_targets_export_the_series_in_use(seen, job):
    for name in sources.BY_JOB[job]:
        given = seen.has(f'{{__name__=~"{name}(_bucket)?", job="{job}"}}')

        assert given == (name not in exceptions.ABSENT), name


@pytest.mark.parametrize("dashboard", dashboards(), ids=lambda dashboard: dashboard["uid"])
def test_a_dashboard_can_be_drawn(seen, dashboard, tmp_path):
    """With PICTURES=1 this test updates the pictures in docs; otherwise it discards them."""
    folder = ROOT / "docs/images/dashboards" if os.environ.get("PICTURES") == "1" else tmp_path
    path = folder / f"{dashboard['uid'].removeprefix('bobbin-')}.png"

    draw(dashboard, seen.prometheus, seen.start, seen.end, path)

    assert 10_000 < path.stat().st_size < 400_000
