"""The metrics in the code, for tests that compare them with documents, dashboards and alerts."""

from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.metrics import MetricWrapperBase

from observability import metrics, serve


def catalog() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the type and the labels of every metric of Bobbin, by its name in Prometheus."""
    found = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    named = {_name(metric): (metric._type, tuple(metric._labelnames)) for metric in found}
    with TemporaryDirectory() as empty:
        return named | {family.name: ("gauge", ()) for family in serve.Files(Path(empty)).collect()}


def _name(metric: MetricWrapperBase) -> str:
    return f"{metric._name}_total" if metric._type == "counter" else metric._name
