"""Bobbin's settings as in production, with the floor beside its pages, and a choice of connections."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, MEMBER_LIMITS, MIDDLEWARE

ROOT_URLCONF = "under_load.floor"
# A few members ask as fast as they can. The limits' cost stays: they are looked up, and far away.
MEMBER_LIMITS = dict.fromkeys(MEMBER_LIMITS, 10**9)

options = DATABASES["default"]["OPTIONS"]
match os.environ.get("BENCH_CONNECTIONS", "persistent"):
    case "new":
        DATABASES["default"]["CONN_MAX_AGE"] = 0
    case "pool":
        DATABASES["default"]["CONN_MAX_AGE"] = 0
        # As many as threads, which is as many as persistent connections are.
        options["pool"] = {"min_size": 4, "max_size": 4}
    case "unprepared":
        options |= {"server_side_binding": False, "prepare_threshold": None}

if os.environ.get("BENCH_METRICS") == "off":  # The rest is left out by under_load/unmeasured.py.
    MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("observability.measuring.")]
