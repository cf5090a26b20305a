"""gunicorn starts one worker for each usable CPU, limited by the available memory."""

import os
import re
import runpy
from pathlib import Path

import pytest
import yaml

CONF = Path(__file__).parents[2] / "services/web/gunicorn.conf.py"
SEEN = len(os.sched_getaffinity(0))


@pytest.fixture
def usable_cpus(tmp_path):
    """Return a function that gives the number of usable CPUs for this content of the cgroup files."""

    def fetch(**files: str) -> int:
        for name, said in files.items():
            (tmp_path / name).write_text(f"{said}\n")
        conf = runpy.run_path(str(CONF))
        find = conf["_usable_cpus"]
        find.__globals__["CPU_LIMITS"] = ((tmp_path, ["cpu"]), (tmp_path, ["quota", "period"]))
        return find()

    return fetch


def test_usable_cpus_without_a_limit_are_all_cpus(usable_cpus):
    assert usable_cpus() == SEEN
    assert usable_cpus(cpu="max 100000") == SEEN
    assert usable_cpus(quota="-1", period="100000") == SEEN


def test_usable_cpus_with_a_limit_are_rounded_up(usable_cpus):
    assert usable_cpus(cpu="50000 100000") == 1
    assert usable_cpus(cpu="110000 100000") == min(2, SEEN)


def test_usable_cpus_follow_a_limit_of_cgroup_v1(usable_cpus):
    assert usable_cpus(quota="100000", period="100000") == 1


def test_usable_cpus_with_a_high_limit_are_the_existing_cpus(usable_cpus):
    assert usable_cpus(cpu="99900000 100000") == SEEN


@pytest.fixture
def fitting(tmp_path):
    """Return a function that gives how many workers of four threads fit, for this cgroup memory limit."""

    def fetch(said: str) -> int:
        (tmp_path / "memory").write_text(f"{said}\n")
        find = runpy.run_path(str(CONF))["_workers_that_fit"]
        find.__globals__["MEMORY_LIMITS"] = (tmp_path / "none", tmp_path / "memory")
        return find(4)

    return fetch


@pytest.mark.parametrize(("mib", "workers"), [(128, 1), (256, 1), (512, 2), (768, 3), (1024, 4), (2048, 9)])
def test_workers_fit_into_the_memory_limit(fitting, mib, workers):
    assert fitting(str(mib * 2**20)) == workers


@pytest.mark.parametrize(
    ("mib", "said", "workers"), [(256, "", 1), (512, "", 2), (512, "5", 5), (128, "", 1)]
)
def test_started_workers_fit_unless_web_workers_is_set(tmp_path, monkeypatch, mib, said, workers):
    monkeypatch.setenv("WEB_WORKERS", said)
    (tmp_path / "limit").write_text(f"{mib * 2**20}\n")
    conf = CONF.read_text().replace("/sys/fs/cgroup/memory.max", str(tmp_path / "limit"))
    (tmp_path / "conf.py").write_text(conf)

    assert runpy.run_path(str(tmp_path / "conf.py"))["workers"] == workers


def test_workers_without_a_memory_limit_are_not_bounded(fitting):
    assert fitting("max") > 1_000
    assert fitting("9223372036854771712") > 1_000


def test_memory_of_a_password_hash_equals_that_of_the_hasher():
    from caching.memory import SHARED_MIB

    assert runpy.run_path(str(CONF))["SHARED_MIB"] == SHARED_MIB


def test_memory_of_compose_fits_the_default_workers():
    """The number of workers depends on the memory limit. Four workers of four threads fit into 1 GiB."""
    compose = yaml.safe_load((CONF.parents[2] / "docker-compose.yml").read_text())
    gib = int(re.fullmatch(r"\$\{WEB_MEMORY:-(\d+)g\}", compose["services"]["web"]["mem_limit"])[1])

    assert runpy.run_path(str(CONF))["memory_of"](4, 4) <= gib * 1024


@pytest.mark.parametrize("file", ["base/web/deployment.yaml", "overlays/production/kustomization.yaml"])
def test_memory_of_the_manifests_fits_their_workers(file):
    """This test needs no kubectl. tests/deployment/kubernetes/manifests checks every rendered overlay."""
    k8s = CONF.parents[2] / "k8s"
    limits = re.findall(r"limits: \{memory: (\d+)Mi\}", (k8s / file).read_text())
    settings = dict(
        line.split("=", 1) for line in (k8s / "base/web/settings.env").read_text().splitlines() if "=" in line
    )
    memory_of = runpy.run_path(str(CONF))["memory_of"]
    assert memory_of(int(settings["WEB_WORKERS"]), int(settings["WEB_THREADS"])) <= max(map(int, limits))
