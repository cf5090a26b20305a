"""Queries a running Prometheus over HTTP."""

import json
import math
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.support.http_client.connection import fetch


class Series(NamedTuple):
    labels: dict[str, str]
    points: list[tuple[float, float]]  # Time and value; values that are not finite are left out.


class Prometheus:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        try:
            return fetch(self.url, "GET", "/-/ready", timeout=2).status == 200
        except OSError:
            return False

    def now(self, expr: str, at: float | None = None) -> list[Series]:
        """Return the result of an instant query."""
        answer = self._get("query", query=expr, **({"time": at} if at else {}))
        return [Series(each["metric"], _finite([each["value"]])) for each in _vector(answer, expr)]

    def between(self, expr: str, start: float, end: float, step: float = 1) -> list[Series]:
        """Return the result of a range query."""
        answer = self._get("query_range", query=expr, start=start, end=end, step=step)
        return [Series(each["metric"], _finite(each["values"])) for each in answer["result"]]

    def has(self, expr: str, start: float, end: float) -> bool:
        return any(series.points for series in self.between(expr, start, end))

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def targets(self) -> list[dict[str, Any]]:
        return self._get("targets")["activeTargets"]

    def _get(self, what: str, **query: Any) -> Any:
        answer = fetch(self.url, "GET", f"/api/v1/{what}?{urlencode(query)}")
        found = json.loads(answer.body)
        if answer.status >= 400:
            raise ValueError(f"{found['error']}: {query}")
        return found["data"]


def _vector(answer: dict[str, Any], expr: str) -> list[dict[str, Any]]:
    if answer["resultType"] != "vector":
        raise ValueError(f"no vector: {expr}")
    return answer["result"]


def _finite(points: list[list[Any]]) -> list[tuple[float, float]]:
    return [(float(time), float(value)) for time, value in points if math.isfinite(float(value))]
