"""Queries a running Prometheus over HTTP."""

import json
import math
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener


class Series(NamedTuple):
    labels: dict[str, str]
    points: list[tuple[float, float]]  # Time and value; values that are not finite are left out.


class Prometheus:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        # Ignore a proxy in the environment.
        self.opener = build_opener(ProxyHandler({}))

    def is_ready(self) -> bool:
        try:
            with self.opener.open(f"{self.url}/-/ready", timeout=2):
                return True
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
        try:
            with self.opener.open(f"{self.url}/api/v1/{what}?{urlencode(query)}", timeout=30) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise ValueError(f"{json.load(error)['error']}: {query}") from error


def _vector(answer: dict[str, Any], expr: str) -> list[dict[str, Any]]:
    if answer["resultType"] != "vector":
        raise ValueError(f"no vector: {expr}")
    return answer["result"]


def _finite(points: list[list[Any]]) -> list[tuple[float, float]]:
    return [(float(time), float(value)) for time, value in points if math.isfinite(float(value))]
