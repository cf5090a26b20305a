"""The tests in `live` need Prometheus; only `make test-monitoring` runs them."""

import os

collect_ignore = [] if os.environ.get("BOBBIN_MONITORING") else ["live"]
