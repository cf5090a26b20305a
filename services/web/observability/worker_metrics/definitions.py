"""The definition of a metric, for the tests that compare metrics with documents, dashboards and alerts."""

from prometheus_client.metrics import MetricWrapperBase


def definition(metric: MetricWrapperBase) -> tuple[str, str, tuple[str, ...]]:
    """Return the name in Prometheus, the type and the labels."""
    name = f"{metric._name}_total" if metric._type == "counter" else metric._name
    return name, str(metric._type), tuple(metric._labelnames)
