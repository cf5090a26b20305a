"""`live` needs a Prometheus: `make test-monitoring` has one, and says so."""

import os

collect_ignore = [] if os.environ.get("BOBBIN_MONITORING") else ["live"]
