"""Every panel of every dashboard is complete: position, title, description, unit and legend."""

import json
import re
from collections import Counter
from itertools import combinations

import pytest
import yaml

from tests.deployment.monitoring.panels import COLUMNS, FOLDER, Panel, dashboards, panels
from tests.deployment.monitoring.promql import selectors
from tests.deployment.monitoring.rules import RUNBOOKS, rules

DASHBOARDS = {dashboard["uid"]: dashboard for dashboard in dashboards()}
ALL = [panel for dashboard in DASHBOARDS.values() for panel in panels(dashboard)]
SHOWING = [panel for panel in ALL if panel.kind != "row"]
# Names of units in Grafana that we use. Grafana shows an unknown name as text behind the number.
UNITS = {"short", "percentunit", "s", "bytes", "Bps", "reqps", "ops", "cps", "cpm", "bool_on_off"}


SCOPE = ("namespace", "job", "instance")
RECORDED = {rule.name for rule in rules("record")}
ALERTS = {rule.name for rule in rules("alert")} - {"Watchdog"}


def test_the_uids_of_dashboards_are_unique():
    assert len(DASHBOARDS) == len(list(FOLDER.glob("*.json"))) > 0


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_dashboard_can_be_provisioned_from_its_file(uid):
    dashboard = DASHBOARDS[uid]

    assert re.fullmatch(r"bobbin-[a-z]+", uid)
    assert dashboard["id"] is None
    assert "__inputs" not in dashboard
    assert len(json.dumps(dashboard)) < 2**20  # The size limit of a ConfigMap.
    assert dashboard["description"]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_one_variable_selects_the_data_source(uid):
    dashboard = DASHBOARDS[uid]
    variables = [variable for variable in dashboard["templating"]["list"] if variable["type"] == "datasource"]
    used = re.findall(r'"uid": "([^"]*)"', json.dumps([dashboard["panels"], dashboard["templating"]]))

    assert [variable["query"] for variable in variables] == ["prometheus"]
    assert used
    assert set(used) == {f"${{{variables[0]['name']}}}"}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_panels_are_unique_and_do_not_overlap(uid):
    placed = list(panels(DASHBOARDS[uid]))

    assert not [panel for panel, count in Counter(panel.id for panel in placed).items() if count > 1]
    assert [pair for pair in combinations(placed, 2) if _overlap(*pair)] == []
    for panel in placed:
        assert panel.grid["x"] + panel.grid["w"] <= COLUMNS, panel


def _overlap(one: Panel, other: Panel) -> bool:
    def apart(start: str, size: str) -> bool:
        a, b = one.grid, other.grid
        return a[start] + a[size] <= b[start] or b[start] + b[size] <= a[start]

    return not (apart("x", "w") or apart("y", "h"))


@pytest.mark.parametrize("panel", SHOWING, ids=str)
def test_panel_has_a_title_a_description_and_a_unit(panel):
    assert panel.title
    assert len(panel.description) > 20
    assert panel.description.endswith(".")
    assert panel.unit in UNITS or panel.kind == "table"
    assert panel.queries


@pytest.mark.parametrize("panel", SHOWING, ids=str)
def test_query_has_a_legend_and_the_rate_interval_of_grafana(panel):
    refs = [query.ref for query in panel.queries]

    assert len(set(refs)) == len(refs)
    for target, query in zip(panel.source["targets"], panel.queries, strict=True):
        assert query.legend, query
        for function, window in re.findall(r"\b(\w+)\([^()]*\[([^\]]*)\]", target["expr"]):
            assert (function, window) == ("rate", "$__rate_interval"), target["expr"]
        assert query.expr.count("$") == target["expr"].count("${1}"), "a variable that nothing replaces"


@pytest.mark.parametrize("panel", [panel for panel in SHOWING if panel.kind == "timeseries"], ids=str)
def test_a_graph_shows_its_legend(panel):
    assert panel.source["options"]["legend"]["showLegend"]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_each_variable_of_a_query_is_one_of_the_dashboard(uid):
    dashboard = DASHBOARDS[uid]
    named = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = re.findall(r"\$(?:{(\w+)}|(\w+))", json.dumps(dashboard["panels"]))

    # "1" is a group of label_replace.
    assert {one or other for one, other in used} <= named | {"__rate_interval", "1"}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_the_variables_of_a_dashboard_select_a_deployment(uid):
    variables = {variable["name"]: variable for variable in DASHBOARDS[uid]["templating"]["list"]}

    assert list(variables)[:4] == ["datasource", *SCOPE]
    assert {name: variables[name]["allValue"] for name in SCOPE} == {
        "namespace": ".*", "job": "bobbin(-.+)?", "instance": ".*",
    }  # fmt: skip


@pytest.mark.parametrize("panel", SHOWING, ids=str)
def test_each_series_of_a_panel_is_of_the_selected_deployment(panel):
    for target in panel.source["targets"]:
        for name, selector in selectors(target["expr"]):
            # Alerts and recorded series are of a namespace; most have no job and no instance.
            labels = SCOPE[:1] if name in RECORDED | {"ALERTS"} else SCOPE
            for label in labels:
                assert f'{label}=~"${label}"' in selector


def test_panels_show_every_alert_of_bobbin_and_no_other():
    shown = [query.expr for panel in SHOWING for query in panel.queries if "ALERTS" in query.expr]

    assert len(shown) == 2
    for expr in shown:
        assert set(re.search(r'alertname=~"([^"]*)"', expr)[1].split("|")) == ALERTS


def test_the_alerts_of_the_list_link_to_their_runbooks():
    (panel,) = [panel for panel in SHOWING if panel.title == "Alerts"]
    (link,) = panel.overridden("", "Alert")["links"]

    assert link["url"] == "${runbooks}/${__value.raw}.md"


@pytest.mark.parametrize("panel", [panel for panel in SHOWING if panel.source.get("links")], ids=str)
def test_the_links_of_a_panel_are_runbooks(panel):
    for link in panel.source["links"]:
        name = link["title"].removeprefix("Runbook: ")
        assert link["url"] == f"${{runbooks}}/{name}.md"
        assert (RUNBOOKS / f"{name}.md").exists()


def test_grafana_interval_equals_the_scrape_interval():
    provisioning = FOLDER.parent / "provisioning"
    source = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"][0]
    prometheus = yaml.safe_load((FOLDER.parents[1] / "prometheus/prometheus.yml").read_text())

    assert source["type"] == "prometheus"
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]
