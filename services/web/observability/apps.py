from django.apps import AppConfig

# Before anything makes a metric: this decides where the process keeps its own.
from observability import metrics  # noqa: F401


class ObservabilityConfig(AppConfig):
    name = "observability"
