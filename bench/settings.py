"""The settings of Bobbin with the applications of the compared packages."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS, MEMBER_LIMITS

# A process that measures one package names only its applications, since some packages patch Django globally.
INSTALLED_APPS = [*INSTALLED_APPS, *filter(None, os.environ.get("BENCH_APPS", "").split(","))]
# One member requests over 1,200 pages in seconds. The limits are still checked, so their cost is measured.
MEMBER_LIMITS = dict.fromkeys(MEMBER_LIMITS, 10**9)
# Staging takes longer than the statement timeout for pages.
DATABASES["default"]["OPTIONS"]["options"] += " -c statement_timeout=0"
LOGGING["root"]["level"] = "ERROR"  # noqa: F405
ROOT_URLCONF = "bench.under_load.floor"  # The URLs of Bobbin and a minimal view.
