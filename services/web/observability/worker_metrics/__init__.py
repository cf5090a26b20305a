"""The metrics of several processes in one folder: worker ids, files on a full disk, fast counting.

No other package may use the private API of prometheus_client (docs/private-apis.md). Decision 28 has the
reasons. This package imports nothing from Django: gunicorn imports it before the application, and the metrics
process runs without Django.
"""

import sys
from importlib.metadata import version

TESTED = "0.26"  # The release of prometheus_client whose private API this package uses.


def refusal(installed: str) -> str | None:
    """Return why this package cannot use the installed prometheus_client, or None if it can."""
    if installed.startswith(f"{TESTED}."):
        return None
    return (
        f"Bobbin cannot start: prometheus-client {installed} is installed, and observability/worker_metrics "
        f"uses the private API of {TESTED}. Install prometheus-client=={TESTED}.*, or compare the names in "
        "docs/private-apis.md and change TESTED."
    )


if said := refusal(version("prometheus-client")):
    sys.exit(said)
