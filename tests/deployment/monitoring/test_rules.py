"""Every alert has a runbook and tests; every queried series exists, and every series is used."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.deployment.monitoring import exceptions, sources
from tests.deployment.monitoring.panels import dashboards, queries
from tests.deployment.monitoring.promql import OF_A_HISTOGRAM, names
from tests.deployment.monitoring.rules import ROOT, RUNBOOKS, TESTS, cases, rules

RUNBOOKS_ADDRESS = '{{ or $externalLabels.runbooks "docs/runbooks" }}'
ALERTS = {rule.name: rule for rule in rules("alert")}
RECORDED = {rule.name for rule in rules("record")}
REQUESTED = [
    *((f"{panel} {query.ref}", names(query.expr)) for panel, query in queries()),
    *((rule.name, names(rule.expr)) for kind in ("alert", "record") for rule in rules(kind)),
]


def test_the_names_of_alerts_are_unique():
    assert [name for name, count in Counter(map(str, rules("alert"))).items() if count > 1] == []


@pytest.mark.parametrize("rule", ALERTS.values(), ids=str)
def test_alert_has_its_annotations_and_labels(rule):
    annotations = rule.source["annotations"]
    missing = {"summary", "description", "runbook_url", "dashboard"} - annotations.keys()

    assert not missing, f"add to the annotations in deploy/prometheus/rules: {missing}"
    assert re.fullmatch(r"\d+[ms]", rule.source["for"])
    assert rule.source["labels"]["severity"] in {"critical", "warning", "none"}
    assert annotations["summary"]
    assert annotations["description"].endswith(".")
    assert annotations["runbook_url"] == f"{RUNBOOKS_ADDRESS}/{rule.name}.md"
    assert annotations["dashboard"] in {dashboard["uid"] for dashboard in dashboards()}


@pytest.mark.parametrize("name", ALERTS)
def test_alert_has_a_firing_and_a_silent_case(name):
    mine = [case for case in cases() if case.test.startswith(f"{name} ") and case.alert == name]
    fires = [case for case in mine if case.test.startswith(f"{name} fires")]
    silent = [case for case in mine if case.test.startswith(f"{name} stays silent")]

    assert any(case.fires for case in fires), f"add a case “{name} fires …” to monitoring/cases/"
    if name in exceptions.NEVER_SILENT:
        assert not silent, "no longer an exception"
    else:
        # A silent case without input series proves nothing.
        proofs = [case for case in silent if not case.fires and case.series]
        assert proofs, f"add a case “{name} stays silent …” with input series to monitoring/cases/"


def test_every_alert_is_tested_with_the_series_of_another_team():
    (case,) = yaml.safe_load((TESTS / "others.yml").read_text())["tests"]
    given = set().union(*(names(entry["series"]) for entry in case["input_series"]))
    read = set().union(*(names(rule.expr) for rule in ALERTS.values())) - RECORDED

    assert {entry["alertname"] for entry in case["alert_rule_test"]} == ALERTS.keys() - {"Watchdog"}
    assert {name for name in read if not name.startswith("bobbin_")} <= given


def test_every_case_is_of_an_alert_that_exists():
    assert {case.alert for case in cases()} == set(ALERTS), "correct the cases in monitoring/cases/"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    procedures = {Path(name).stem for name in exceptions.PROCEDURES}
    written = {path.stem for path in RUNBOOKS.glob("*.md")} - procedures

    assert not ALERTS.keys() - written, "write the runbook in docs/runbooks/"
    assert not written - ALERTS.keys(), "name the runbook of no alert in PROCEDURES of exceptions.py"


@pytest.mark.parametrize("name", ALERTS)
def test_runbook_has_the_four_sections(name):
    text = (RUNBOOKS / f"{name}.md").read_text()

    severity = ALERTS[name].source["labels"]["severity"]

    assert text.startswith(f"# {name}\n\nSeverity: `{severity}`.")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Meaning", "Confirm", "Fix", "Resolved when"]
    assert len(text.splitlines()) < 90


@pytest.mark.parametrize("name", ALERTS)
def test_runbook_says_how_to_apply_each_change(name):
    """A step that changes a file or a setting contains the command that applies it, or links to it."""
    fix = (RUNBOOKS / f"{name}.md").read_text().partition("\n## Fix\n")[2].partition("\n## ")[0]
    steps = re.split(r"^ *(?=- |\d+\. )", fix, flags=re.MULTILINE)
    changes = [step for step in steps if re.search(r"`(\.env|deploy/|[A-Z]+_[A-Z_]+[`=])|your overlay", step)]

    for step in changes:
        assert re.search(r"docker compose|kubectl|make \w+|\(\w+\.md", step), f"add the command: {step}"


def test_every_alert_is_in_the_list():
    text = (ROOT / "docs/monitoring.md").read_text()
    listed = dict(re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| (\w+) \|", text, re.MULTILINE))

    alerts = {name: rule.source["labels"]["severity"] for name, rule in ALERTS.items()}
    assert listed == alerts, "correct the table of alerts in docs/monitoring.md"


@pytest.mark.parametrize(("place", "requested"), REQUESTED, ids=[place for place, _ in REQUESTED])
def test_every_queried_series_exists(place, requested):
    unknown = {
        name
        for name in requested
        if name not in sources.own_metrics() | sources.OTHERS | RECORDED
        and OF_A_HISTOGRAM.sub("", name) not in _histograms() | sources.OTHERS
    }

    assert not unknown, f"correct {place}, or define in observability/metrics.py: {unknown}"


def _histograms() -> set[str]:
    return {name for name, (kind, _) in sources.catalog().items() if kind == "histogram"}


def test_every_series_is_used_in_a_query():
    used = set().union(*(requested for _, requested in REQUESTED))
    used |= {OF_A_HISTOGRAM.sub("", name) for name in used}

    unused = (sources.own_metrics() | RECORDED | sources.OTHERS) - used
    assert not unused, f"show them in a panel of deploy/grafana/dashboards, or use them in a rule: {unused}"


def test_prometheus_scrapes_the_jobs_of_the_alerts():
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())

    assert [job["job_name"] for job in settings["scrape_configs"]] == [*sources.BY_JOB, "bobbin-prometheus"]
