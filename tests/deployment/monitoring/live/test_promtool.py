"""promtool accepts the configuration and the rules, and the unit tests of the alerts pass."""

import subprocess

import pytest

from tests.deployment.monitoring.live.monitored import ROOT
from tests.deployment.monitoring.rules import RULES, TESTS


def promtool(*arguments: object) -> None:
    command = ["promtool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_configuration():
    promtool("check", "config", ROOT / "deploy/prometheus/prometheus.yml")


def test_the_rules_pass_the_linter():
    promtool("check", "rules", "--lint=all", "--lint-fatal", *sorted(RULES.glob("*.yml")))


@pytest.mark.parametrize("file", sorted(TESTS.glob("*.yml")), ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_otherwise_do_not(file):
    promtool("test", "rules", file)
