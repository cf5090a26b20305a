"""The command that tests a running Bobbin over HTTP; it runs in the root of a checkout."""

import sys

SITE = [sys.executable, "-m", "pytest", "-c", "tests/e2e/site/pytest.ini", "tests/e2e/site", "-q"]
