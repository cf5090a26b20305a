"""Checks of settings and secrets by scripts, without Docker."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ONCE = {"postgres"}  # PostgreSQL reads its passwords only when its volume is empty.


@pytest.fixture
def checkout(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "deploy/postgres", tmp_path / "deploy/postgres")
    return tmp_path


def run(checkout, script, **env):
    env = {"PATH": os.environ["PATH"], "HOME": str(checkout)} | env
    command = [f"scripts/{script}"]
    return subprocess.run(command, cwd=checkout, env=env, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("given", [{}, {"WEB_WORKERS": "4", "WEB_THREADS": "8"}, {"WEB_WORKERS": "many"}])
def test_threads_with_enough_connections_pass(checkout, given):
    assert run(checkout, "check-connections.sh", **given).returncode == 0


def test_more_threads_than_connections_are_refused_with_both_numbers(checkout):
    (checkout / ".env").write_text("WEB_WORKERS=32\n")

    done = run(checkout, "check-connections.sh")

    assert done.returncode == 1
    assert "WEB_WORKERS=32 with WEB_THREADS=4 needs 284 connections" in done.stderr
    assert "max_connections in deploy/postgres/postgresql.conf is 100" in done.stderr


def test_changed_secret_changes_only_its_checksum(checkout):
    def checksums():
        run(checkout, "secrets.sh")
        return {path.name: path.read_text() for path in (checkout / "secrets/checksums").iterdir()}

    before = checksums()
    (checkout / "secrets/redis_acl").unlink()
    (checkout / "secrets/redis_url").unlink()
    after = checksums()

    assert {name for name in before if before[name] != after[name]} == {"redis_acl", "redis_url"}


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_every_service_has_the_checksums_of_its_secrets(name):
    files = SERVICES[name].get("env_file", [])
    folder = "${BOBBIN_SECRETS:-./secrets}/checksums/"

    assert [one["path"] for one in files] == [folder + secret for secret in SERVICES[name].get("secrets", [])]
    assert not any(one["required"] for one in files)
