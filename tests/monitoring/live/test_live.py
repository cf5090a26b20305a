"""What operators see of a Bobbin to which everything happened: no panel is empty, no rule asks for naught."""

import os

import exceptions
import pytest
import sources
from monitored import ROOT, WINDOW
from panels import dashboards, queries
from pictures import draw
from promql import selectors
from rules import rules

QUERIES = [(panel, query) for panel, query in queries(WINDOW)]
ALERTS = rules("alert")
# What the drive does must be told, be it that the alert still waits to fire.
TOLD = {
    "CacheBreakerOpen",
    "NPlusOneSuspected",
    "QueryBudgetExceeded",
    "ReceiversFail",
    "RedisUnreachable",
    "ReplicationSlotUnused",
    "Watchdog",
}


def test_every_target_is_read(seen):
    read = {series.labels["job"] for series in seen.prometheus.between("up == 1", seen.start, seen.end)}

    assert read == {*sources.BY_JOB, "prometheus"}


@pytest.mark.parametrize(("panel", "query"), QUERIES, ids=[f"{p} {q.ref}" for p, q in QUERIES])
def test_a_panel_shows_something(seen, panel, query):
    expected = f"{panel.dashboard} {panel.id} {query.ref}" not in exceptions.EMPTY_PANELS

    assert seen.has(query.expr) == expected, query.expr


@pytest.mark.parametrize("rule", rules("record"), ids=str)
def test_a_recording_rule_records(seen, rule):
    labels = ",".join(f'{name}="{value}"' for name, value in rule.source.get("labels", {}).items())

    assert seen.has(f"{rule.name}{{{labels}}}")


def test_every_rule_is_worked_out_without_an_error(seen):
    known = seen.prometheus.rules()

    assert {rule["name"] for rule in known} == {rule.name for rule in [*ALERTS, *rules("record")]}
    assert [(rule["name"], rule["lastError"]) for rule in known if rule["health"] != "ok"] == []


@pytest.mark.parametrize("rule", ALERTS, ids=str)
def test_an_alert_asks_for_series_that_there_are(seen, rule):
    for name, selector in selectors(rule.expr):
        assert seen.has(f"count({selector})") == (name not in exceptions.ABSENT), selector


def test_what_went_wrong_is_told_and_nothing_else(seen):
    told = {series.labels["alertname"] for series in seen.prometheus.between("ALERTS", seen.start, seen.end)}

    assert told - set(exceptions.TOLD_BESIDES) == TOLD


@pytest.mark.parametrize(
    ("alert", "view"), [("QueryBudgetExceeded", "over_budget"), ("NPlusOneSuspected", "row_by_row")]
)
def test_no_page_of_ours_is_told_of(seen, alert, view):
    told = seen.prometheus.between(f'ALERTS{{alertname="{alert}"}}', seen.start, seen.end)

    assert {series.labels["view"] for series in told} == {view}


@pytest.mark.parametrize("name", sorted(sources.metrics.catalog()))
def test_a_metric_of_ours_reaches_prometheus_as_what_it_is(seen, name):
    kind, labels = sources.metrics.catalog()[name]
    series = seen.prometheus.now(f"{name}_bucket" if kind == "histogram" else name)

    assert series
    ours = {*labels, "__name__", "instance", "job"} | ({"le"} if kind == "histogram" else set())
    assert {frozenset(each.labels) for each in series} == {frozenset(ours)}


@pytest.mark.parametrize("job", sources.BY_JOB)
def test_others_give_what_is_used_of_them(seen, job):
    for name in sources.BY_JOB[job]:
        given = seen.has(f'{{__name__=~"{name}(_bucket)?", job="{job}"}}')

        assert given == (name not in exceptions.ABSENT), name


@pytest.mark.parametrize("dashboard", dashboards(), ids=lambda dashboard: dashboard["uid"])
def test_a_dashboard_can_be_drawn(seen, dashboard, tmp_path):
    """Into the documents with PICTURES=1, otherwise into nothing."""
    folder = ROOT / "docs/images/dashboards" if os.environ.get("PICTURES") == "1" else tmp_path
    path = folder / f"{dashboard['uid'].removeprefix('bobbin-')}.png"

    draw(dashboard, seen.prometheus, seen.start, seen.end, path)

    assert 10_000 < path.stat().st_size < 400_000
