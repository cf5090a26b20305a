from django.apps import AppConfig

# Import it before any other metric is created: it decides where this process stores metric values.
from observability import metrics  # noqa: F401


class ObservabilityConfig(AppConfig):
    name = "observability"
