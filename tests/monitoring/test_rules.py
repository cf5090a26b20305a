"""Every alert says what to do and is tested; every series that is asked for exists, and all are used."""

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
def test_an_alert_says_what_to_do(rule):
    annotations = rule.source["annotations"]

    assert re.fullmatch(r"\d+m", rule.source["for"])
    assert rule.source["labels"]["severity"] in {"page", "ticket", "none"}
    assert annotations["summary"]
    assert annotations["description"].endswith(".")
    assert annotations["runbook_url"] == f"docs/runbooks/{rule.name}.md"
    assert annotations["dashboard"] in {dashboard["uid"] for dashboard in dashboards()}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent(name):
    mine = [case for case in cases() if case.test.startswith(f"{name} ") and case.alert == name]
    fires = [case for case in mine if case.test.startswith(f"{name} fires")]
    silent = [case for case in mine if case.test.startswith(f"{name} stays silent")]

    assert any(case.fires for case in fires)
    if name in exceptions.NEVER_SILENT:
        assert not silent, "no longer an exception"
    else:
        # Silence about nothing proves nothing.
        assert [case for case in silent if not case.fires and case.series]


def test_every_case_is_of_an_alert_that_exists():
    assert {case.alert for case in cases()} == set(ALERTS)


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert {path.name for path in RUNBOOKS.glob("*.md")} - set(exceptions.PROCEDURES) == {
        f"{name}.md" for name in ALERTS
    }


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_is_for_a_tired_person(name):
    text = (RUNBOOKS / f"{name}.md").read_text()

    assert text.startswith(f"# {name}\n")
    # In this order: what, where to look, what to do, how to know that it is over.
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["What it means", "Look first", "What to do", "It is over when"]
    assert len(text.splitlines()) < 90


def test_every_alert_is_in_the_list():
    text = (ROOT / "docs/monitoring.md").read_text()
    listed = dict(re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| (\w+) \|", text, re.MULTILINE))

    assert listed == {name: rule.source["labels"]["severity"] for name, rule in ALERTS.items()}


@pytest.mark.parametrize(("place", "asked"), ASKED, ids=[place for place, _ in ASKED])
def test_every_series_that_is_asked_for_exists(place, asked):
    unknown = {
        name
        for name in asked
        if name not in sources.ours() | sources.OTHERS | RECORDED
        and OF_A_HISTOGRAM.sub("", name) not in _histograms() | sources.OTHERS
    }

    assert unknown == set()


def _histograms() -> set[str]:
    return {name for name, (kind, _) in sources.metrics.catalog().items() if kind == "histogram"}


def test_every_series_of_ours_is_asked_for_somewhere():
    used = set().union(*(asked for _, asked in ASKED))
    used |= {OF_A_HISTOGRAM.sub("", name) for name in used}

    assert (sources.ours() | RECORDED | sources.OTHERS) - used == set()


def test_prometheus_reads_what_the_alerts_are_about():
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())

    assert [job["job_name"] for job in settings["scrape_configs"]] == [*sources.BY_JOB, "prometheus"]
    assert settings["rule_files"] == ["rules/*.yml"]
