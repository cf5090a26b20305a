"""The setup of overlays/production: web and events behind PgBouncer, while migrations bypass it.

Only `make test-pooler` runs these tests, since it checks for PgBouncer.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

collect_ignore_glob = ["test_*.py"]
if os.environ.get("BOBBIN_POOLER"):
    collect_ignore_glob = []


@pytest.fixture(scope="session")
def folder():
    with tempfile.TemporaryDirectory(prefix="pooler-", dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def pgbouncer(folder):
    from tests.deployment.pgbouncer.behind import database_as_in_production
    from tests.deployment.pgbouncer.pgbouncer import PgBouncer

    program = shutil.which("pgbouncer")
    if program is None:
        raise pytest.UsageError("pgbouncer is missing; run `make test-pooler`, which says where it is from")
    database_as_in_production()
    started = PgBouncer(program, folder)
    yield started
    started.end()


@pytest.fixture(scope="session")
def site(pgbouncer, folder):
    from tests.deployment.pgbouncer.behind import Site

    started = Site(pgbouncer, folder)
    yield started
    started.end()
