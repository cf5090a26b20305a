"""Reads the dashboards of Grafana: positions, titles, units and Prometheus queries of their panels."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "deploy/grafana/dashboards"
COLUMNS = 24  # Width of the grid of Grafana.
WINDOW = "1m"  # The smallest value of $__rate_interval with a scrape interval of 15 seconds.


@dataclass(frozen=True)
class Query:
    ref: str
    expr: str  # PromQL, with the variables replaced.
    legend: str  # A template of Grafana: {{label}} is replaced by the value of the label.
    instant: bool

    def name(self, labels: Mapping[str, str]) -> str:
        """Return the name of a series in the legend."""
        return re.sub(r"{{\s*(\w+)\s*}}", lambda label: labels.get(label[1], ""), self.legend) or "value"


@dataclass(frozen=True)
class Panel:
    dashboard: str  # Its uid.
    id: int
    kind: str
    title: str
    description: str
    unit: str
    grid: Mapping[str, int]  # x, y, w, h in cells of the grid.
    queries: tuple[Query, ...]
    source: Mapping[str, Any] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.dashboard} panel {self.id} ({self.title})"

    @property
    def defaults(self) -> Mapping[str, Any]:
        return self.source.get("fieldConfig", {}).get("defaults", {})

    def overridden(self, ref: str, name: str) -> dict[str, Any]:
        """Return the field properties that an override sets for this query or this series."""
        wanted = {"byFrameRefID": ref, "byName": name}
        return {
            entry["id"]: entry["value"]
            for override in self.source.get("fieldConfig", {}).get("overrides", [])
            if wanted.get(override["matcher"]["id"]) == override["matcher"]["options"]
            for entry in override["properties"]
        }


def dashboards(folder: Path = FOLDER) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def panels(dashboard: Mapping[str, Any], window: str = WINDOW) -> Iterator[Panel]:
    """Yield every panel, including rows, with `window` for $__rate_interval and "All" for each variable."""
    every = {each["name"]: each.get("allValue", "") for each in dashboard["templating"]["list"]}
    for source in dashboard["panels"]:
        yield Panel(
            dashboard=dashboard["uid"],
            id=source["id"],
            kind=source["type"],
            title=source["title"],
            description=source.get("description", ""),
            unit=source.get("fieldConfig", {}).get("defaults", {}).get("unit", ""),
            grid=source["gridPos"],
            queries=tuple(
                Query(
                    ref=target["refId"],
                    expr=replaced(target["expr"], every | {"__rate_interval": window}),
                    legend=target["legendFormat"],
                    instant=target["instant"],
                )
                for target in source.get("targets", ())
            ),
            source=source,
        )


def queries(window: str = WINDOW) -> Iterator[tuple[Panel, Query]]:
    """Yield every query of every dashboard with its panel."""
    for dashboard in dashboards():
        for panel in panels(dashboard, window):
            for query in panel.queries:
                yield panel, query


def replaced(expr: str, variables: Mapping[str, str]) -> str:
    """Replace variables like Grafana; unknown ones stay, such as `${1}` of label_replace."""
    return re.sub(r"\$(?:{(\w+)}|(\w+))", lambda name: variables.get(name[1] or name[2], name[0]), expr)
