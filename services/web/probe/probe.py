"""The privacy probe: checks over HTTP, as synthetic users, that no page is stale or shows foreign data.

It uses HTTP so that a proxy that caches pages is checked too, and the process that answers is the one that
serves users. It uses two pairs of users: the page of a user shows what the counterpart wrote, so a leak is
visible only between users who have no conversation with each other.
"""

import http.client
import time

from django.db import DatabaseError

from observability import metrics
from probe.fixtures import InconclusiveError, exclusive, fixture
from probe.report import Report
from probe.run import Run
from probe.site import Site


def check(url: str, host: str | None = None) -> Report:
    """Run the probe once and return its report. Failures are in the report and are not raised."""
    report, began = Report(), time.monotonic()
    try:
        site = Site(url, host)
        with exclusive(), fixture() as made:
            Run(site, made, report).run()
    except InconclusiveError as error:
        report.inconclusive.append(str(error))
    except (OSError, http.client.HTTPException) as error:
        report.inconclusive.append(f"{url} does not answer: {error or type(error).__name__}")
    except DatabaseError as error:
        report.inconclusive.append(f"PostgreSQL: {str(error).strip().partition(chr(10))[0]}")
    report.seconds = time.monotonic() - began
    _count(report)
    return report


@metrics.suppress_errors
def _count(report: Report) -> None:
    metrics.PROBE_RUNS.labels(metrics.PROBE_OUTCOMES[report.outcome]).inc()
    metrics.PRIVACY_VIOLATIONS.inc(len(report.violations))
