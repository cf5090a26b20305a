"""Every alert has a runbook and tests; every queried series exists, and every series is used."""

import re
from collections import Counter

import exceptions
import pytest
import sources
import yaml
from panels import dashboards, queries
from promql import OF_A_HISTOGRAM, names
from rules import ROOT, RUNBOOKS, cases, rules

ALERTS = {rule.name: rule for rule in rules("alert")}
RECORDED = {rule.name for rule in rules("record")}
ASKED = [
    *((f"{panel} {query.ref}", names(query.expr)) for panel, query in queries()),
    *((rule.name, names(rule.expr)) for kind in ("alert", "record") for rule in rules(kind)),
]


def test_the_names_of_alerts_are_unique():
    assert [name for name, count in Counter(map(str, rules("alert"))).items() if count > 1] == []


@pytest.mark.parametrize("rule", ALERTS.values(), ids=str)
def test_alert_has_its_annotations_and_labels(rule):
    annotations = rule.source["annotations"]

    assert re.fullmatch(r"\d+m", rule.source["for"])
    assert rule.source["labels"]["severity"] in {"page", "ticket", "none"}
    assert annotations["summary"]
    assert annotations["description"].endswith(".")
    assert annotations["runbook_url"] == f"docs/runbooks/{rule.name}.md"
    assert annotations["dashboard"] in {dashboard["uid"] for dashboard in dashboards()}


@pytest.mark.parametrize("name", ALERTS)
def test_alert_has_a_firing_and_a_silent_case(name):
    mine = [case for case in cases() if case.test.startswith(f"{name} ") and case.alert == name]
    fires = [case for case in mine if case.test.startswith(f"{name} fires")]
    silent = [case for case in mine if case.test.startswith(f"{name} stays silent")]

    assert any(case.fires for case in fires)
    if name in exceptions.NEVER_SILENT:
        assert not silent, "no longer an exception"
    else:
        # A silent case without input series proves nothing.
        assert [case for case in silent if not case.fires and case.series]


def test_every_case_is_of_an_alert_that_exists():
    assert {case.alert for case in cases()} == set(ALERTS)


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert {path.name for path in RUNBOOKS.glob("*.md")} - set(exceptions.PROCEDURES) == {
        f"{name}.md" for name in ALERTS
    }


@pytest.mark.parametrize("name", ALERTS)
def test_runbook_has_the_four_sections(name):
    text = (RUNBOOKS / f"{name}.md").read_text()

    severity = ALERTS[name].source["labels"]["severity"]

    assert text.startswith(f"# {name}\n\nSeverity: `{severity}`.")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Meaning", "Confirm", "Fix", "Resolved when"]
    assert len(text.splitlines()) < 90


def test_every_alert_is_in_the_list():
    text = (ROOT / "docs/monitoring.md").read_text()
    listed = dict(re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| (\w+) \|", text, re.MULTILINE))

    assert listed == {name: rule.source["labels"]["severity"] for name, rule in ALERTS.items()}


@pytest.mark.parametrize(("place", "asked"), ASKED, ids=[place for place, _ in ASKED])
def test_every_queried_series_exists(place, asked):
    unknown = {
        name
        for name in asked
        if name not in sources.own_metrics() | sources.OTHERS | RECORDED
        and OF_A_HISTOGRAM.sub("", name) not in _histograms() | sources.OTHERS
    }

    assert unknown == set()


def _histograms() -> set[str]:
    return {name for name, (kind, _) in sources.metrics.catalog().items() if kind == "histogram"}


def test_every_series_is_used_in_a_query():
    used = set().union(*(asked for _, asked in ASKED))
    used |= {OF_A_HISTOGRAM.sub("", name) for name in used}

    assert (sources.own_metrics() | RECORDED | sources.OTHERS) - used == set()


def test_prometheus_scrapes_the_jobs_of_the_alerts():
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())

    assert [job["job_name"] for job in settings["scrape_configs"]] == [*sources.BY_JOB, "prometheus"]
    assert settings["rule_files"] == ["rules/*.yml"]
