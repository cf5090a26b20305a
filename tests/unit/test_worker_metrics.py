"""A release of prometheus_client whose private API is unknown stops the start."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from observability.worker_metrics import refusal

WEB = Path(__file__).resolve().parents[2] / "services/web"
START = """
import importlib.metadata as metadata
metadata.version = lambda name: "0.27.1"
import observability.worker_metrics
"""


def test_installed_release_is_accepted():
    assert refusal(version("prometheus-client")) is None


@pytest.mark.parametrize("release", ["0.25.9", "0.27.0", "0.260.0", "1.0"])
def test_other_releases_are_refused_with_both_numbers(release):
    said = refusal(release)

    assert f"prometheus-client {release} is installed" in said
    assert "prometheus-client==0.26.*" in said


def test_import_with_another_release_fails_with_one_line():
    done = subprocess.run([sys.executable, "-c", START], cwd=WEB, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("Bobbin cannot start: prometheus-client 0.27.1")
    assert done.stderr.count("\n") == 1
