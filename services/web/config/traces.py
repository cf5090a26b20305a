"""The setting for traces (docs/decisions/0036-traces.md)."""

import os
import re
import sys
from importlib.util import find_spec

from config.environment import refuse, stop

ADDRESS = re.compile(r"https?://[^/\s]+(/\S*)?")


def traces_endpoint() -> str:
    """Return OTEL_EXPORTER_OTLP_ENDPOINT, or "". With a value, the packages of OpenTelemetry can be imported.

    They are in a folder of their own: redis-py would import them in every process (3 MB).
    """
    value = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if value and not ADDRESS.fullmatch(value):
        refuse(
            "OTEL_EXPORTER_OTLP_ENDPOINT", "the address of a collector, such as http://otel-collector:4318"
        )
    packages = os.environ.get("TRACES_PACKAGES", "/opt/bobbin-traces")
    if value:
        sys.path.append(packages)
    if value and not find_spec("opentelemetry"):
        stop(f"OTEL_EXPORTER_OTLP_ENDPOINT is set, but TRACES_PACKAGES={packages} has no OpenTelemetry.")
    return value
