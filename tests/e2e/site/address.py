"""The running site that the environment names, and single requests to it.

BASE_URL        address of the site: `make run`, compose, Kubernetes
EDGE            "nginx" if nginx serves that address, otherwise "none"
PROMETHEUS_URL  address of its Prometheus, if there is one
"""

import os
from functools import partial

from tests.support.http_client import connection

BASE_URL = os.environ.get("BASE_URL", "").rstrip("/")
EDGE = os.environ.get("EDGE", "none")
PROMETHEUS_URL = os.environ.get("PROMETHEUS_URL", "").rstrip("/")

# Arguments: method, path, headers, body. It keeps no cookies and follows no redirects.
fetch = partial(connection.fetch, BASE_URL)
