"""`make test` runs all tests of one `xdist_group` in the same process, so never at the same time."""

import re
import subprocess
import sys
from pathlib import Path

MAKEFILE = Path(__file__).parents[2] / "Makefile"
TESTS = """
import os, pytest

@pytest.mark.parametrize("number", range(4))
@pytest.mark.xdist_group("stack")
def test(number):
    with open("ran", "a") as ran:
        print(os.environ["PYTEST_XDIST_WORKER"], file=ran)
"""


def test_xdist_group_runs_in_one_process(tmp_path):
    for name in ("one", "other"):
        (tmp_path / f"test_{name}.py").write_text(TESTS)
    how = re.search(r"--dist=\S+", MAKEFILE.read_text())[0]
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "--numprocesses=2", how]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    ran = (tmp_path / "ran").read_text().split()

    assert len(ran) == 8, said
    assert len(set(ran)) == 1, "its tests ran in both processes, and so beside each other"
