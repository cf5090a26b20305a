"""One deployment for all tests here: `kubectl apply -k k8s/overlays/local` on a cluster without Bobbin."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.deployment.compose.sending import Load, sign_up
from tests.deployment.kubernetes.cluster.cluster import NAMESPACE, Cluster

ORDER = [
    *("test_start", "test_policies", "test_rollouts", "test_release", "test_monitoring", "test_restore"),
    *("test_chart", "drill_rotation"),
]
table: list[str] = []


def pytest_configure(config):
    for command in (["docker", "info"], [os.environ["KUBECTL"], "version"]):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise pytest.UsageError(f"nobody answers: {' '.join(command)}")
    there = subprocess.run(
        [os.environ["KUBECTL"], "get", "namespace", NAMESPACE], capture_output=True, check=False
    )
    if there.returncode == 0:
        raise pytest.UsageError(f"this cluster has a namespace {NAMESPACE}; these tests would remove it")


def pytest_collection_modifyitems(items):
    """Run tests that only read first, then those that stop pods, then those that delete data."""
    items.sort(key=lambda item: ORDER.index(Path(item.path).stem))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Print a failure at once, since this long run may be stopped early."""
    report = yield
    if report.failed:
        item.config.get_terminal_writer().line(f"\n{report.longreprtext[-2000:]}")
    return report


def pytest_terminal_summary(terminalreporter):
    for line in table:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def images():
    """The manifests of a release, with its images loaded into the cluster."""
    folder = Path(tempfile.mkdtemp(prefix="bobbin-cluster-", dir="/tmp"))
    made = Cluster(folder)
    try:
        made.build(made.release)
        made.name_release(made.release)
        yield made
    finally:
        if os.environ.get("KEEP_CLUSTER") != "1":
            made.remove()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(images):
    """Apply the manifests, and wait until all objects are ready."""
    images.apply()
    images.settle()
    return images


@pytest.fixture(scope="session")
def members(cluster):
    return sign_up(cluster.url)


@pytest.fixture
def load(cluster, members):
    cluster.settle()
    return Load(cluster, members)


@pytest.fixture(scope="session")
def judge():
    """Return a function that adds a result to the table and checks it against the guarantees."""

    def hold(name: str, load: Load, took: float, allowed: frozenset[str] = frozenset()) -> None:
        checked = load.audit()
        failed = ", ".join(f"{count} x {what}" for what, count in load.kinds().items()) or "none"
        wrong = f"{checked.lost}+{checked.doubled}+{checked.misdelivered}+{checked.wrong_counters}"
        if not table:
            table.append("| what | acknowledged | failed | longest silence | settled after | lost or wrong |")
            table.append("| --- | --- | --- | --- | --- | --- |")
        silence = f"{load.longest_silence():.1f} s"
        table.append(f"| {name} | {load.acknowledged():,} | {failed} | {silence} | {took:.0f} s | {wrong} |")
        assert checked.is_clean, str(checked)
        assert load.kinds().keys() <= allowed, load.failures()[:5]

    return hold
