"""Reads the rules of Prometheus and the promtool test cases for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy/prometheus/rules"
TESTS = ROOT / "tests/deployment/monitoring/cases"
RUNBOOKS = ROOT / "docs/runbooks"


@dataclass(frozen=True)
class Rule:
    kind: str  # "alert" or "record".
    name: str
    expr: str
    source: dict[str, Any]

    def __str__(self) -> str:
        return self.name


def rules(kind: str) -> list[Rule]:
    return [
        Rule(kind, rule[kind], rule["expr"], rule)
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if kind in rule
    ]


@dataclass(frozen=True)
class Case:
    """An expectation of a promtool test: an alert fires, or is silent, at one moment."""

    test: str
    alert: str
    fires: bool
    series: bool  # Whether the test has input series.


def cases() -> Iterator[Case]:
    for path in sorted(TESTS.glob("*.yml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test.get("alert_rule_test", ()):
                yield Case(
                    test["name"], case["alertname"], bool(case["exp_alerts"]), bool(test.get("input_series"))
                )
