"""The production settings with the floor (a minimal view) and a choice of database connections."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, MEMBER_LIMITS, MIDDLEWARE

ROOT_URLCONF = "bench.under_load.floor"
# A few members send requests as fast as possible. The limits are still checked, so their cost is measured.
MEMBER_LIMITS = dict.fromkeys(MEMBER_LIMITS, 10**9)

options = DATABASES["default"]["OPTIONS"]
match os.environ.get("BENCH_CONNECTIONS", "persistent"):
    case "new":
        DATABASES["default"]["CONN_MAX_AGE"] = 0
    case "pool":
        DATABASES["default"]["CONN_MAX_AGE"] = 0
        # One connection per thread, the same number as with persistent connections.
        options["pool"] = {"min_size": 4, "max_size": 4}
    case "unprepared":
        options |= {"server_side_binding": False, "prepare_threshold": None}

if os.environ.get("BENCH_METRICS") == "off":  # under_load/unmeasured.py disables the other metrics.
    MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("observability.measuring.")]
