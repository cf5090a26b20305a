"""gunicorn starts as many workers as there are CPUs that it may use."""

import os
import runpy
from pathlib import Path

import pytest

CONF = Path(__file__).parents[2] / "services/web/gunicorn.conf.py"
SEEN = len(os.sched_getaffinity(0))


@pytest.fixture
def usable_cpus(tmp_path):
    """How many CPUs may be used when the files of cgroups say this."""

    def ask(**files: str) -> int:
        for name, said in files.items():
            (tmp_path / name).write_text(f"{said}\n")
        conf = runpy.run_path(str(CONF))
        find = conf["_usable_cpus"]
        find.__globals__["CPU_LIMITS"] = ((tmp_path, ["cpu"]), (tmp_path, ["quota", "period"]))
        return find()

    return ask


def test_without_a_limit_all_that_it_sees(usable_cpus):
    assert usable_cpus() == SEEN
    assert usable_cpus(cpu="max 100000") == SEEN
    assert usable_cpus(quota="-1", period="100000") == SEEN


def test_a_limit_counts_and_is_rounded_up(usable_cpus):
    assert usable_cpus(cpu="50000 100000") == 1
    assert usable_cpus(cpu="110000 100000") == min(2, SEEN)


def test_a_limit_of_the_older_kind_counts_too(usable_cpus):
    assert usable_cpus(quota="100000", period="100000") == 1


def test_a_limit_above_what_there_is_adds_nothing(usable_cpus):
    assert usable_cpus(cpu="99900000 100000") == SEEN
