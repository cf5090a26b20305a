"""Concurrent runs of `scripts/bootstrap.sh`, such as `make demo` while the first `make run` installs."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Makes a venv with an empty module in place of pip, in one second. A real pip would take six.
PYTHON = f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"
sleep 1
{sys.executable} -m venv --without-pip "$4"
cd "$4"/lib/python*/site-packages && mkdir pip && touch pip/__main__.py
"""


@pytest.fixture
def start(tmp_path):
    """Return a function that starts an installation without packages in a temporary copy."""
    (tmp_path / "services/web/requirements").mkdir(parents=True)
    (tmp_path / "services/web/requirements/dev.txt").touch()
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("embedded"))
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name != "BOBBIN_INSTALLING"}
    env |= {"PYTHON": str(python)}

    def run() -> subprocess.Popen:
        return subprocess.Popen(
            [tmp_path / "scripts/bootstrap.sh"], env=env, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return run


def test_two_installations_at_once_both_succeed(start):
    first = start()
    time.sleep(0.3)
    second = start()
    said = [process.communicate(timeout=120)[0] for process in (first, second)]

    assert (first.returncode, second.returncode) == (0, 0), said
    assert sum("Installing" in text for text in said) == 1


def test_installation_after_a_killed_one_is_not_blocked(start):
    killed = start()
    time.sleep(0.5)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    after = start()
    said = after.communicate(timeout=120)[0]

    assert after.returncode == 0, said


def test_installation_whose_lock_cannot_be_written_is_refused_in_one_line(start, tmp_path):
    (tmp_path / ".venv.lock").mkdir()
    refused = start()

    assert refused.communicate(timeout=120)[0] == "Bobbin: .venv.lock cannot be written: Is a directory.\n"
    assert refused.returncode == 1
