"""Bobbin's settings, and the applications of the peers that are measured beside it."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS, MEMBER_LIMITS

# A process that measures one peer names its applications, since some of them change Django for everybody.
INSTALLED_APPS = [*INSTALLED_APPS, *filter(None, os.environ.get("BENCH_APPS", "").split(","))]
# One member asks for over 1,200 pages in seconds. The limits' cost stays: they are looked up, and far away.
MEMBER_LIMITS = dict.fromkeys(MEMBER_LIMITS, 10**9)
# Staging takes longer than a page may.
DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=0 -c plan_cache_mode=force_generic_plan"
LOGGING["root"]["level"] = "ERROR"  # noqa: F405
ROOT_URLCONF = "under_load.floor"  # Bobbin's addresses, and a bare view.
