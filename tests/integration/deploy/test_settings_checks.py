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


MAIL = {"ALERT_EMAIL_TO": "a@example.org,b@example.org", "ALERT_SMTP_HOST": "mail.example.org:587"}
GOOD_ALERTS = {
    "nothing": {},
    "mail": MAIL,
    "mail with a password": MAIL | {"ALERT_SMTP_USER": "bobbin", "ALERT_SMTP_TLS": "true"},
    "webhook": {
        "ALERT_WEBHOOK_URL": "http://chat:8080/hook",
        "ALERT_WATCHDOG_URL": "https://hc.example.org/1",
    },
}
WRONG_ALERTS = {
    "ALERT_EMAIL_TO needs ALERT_SMTP_HOST": {"ALERT_EMAIL_TO": "a@example.org"},
    "but not ALERT_EMAIL_TO": {"ALERT_SMTP_HOST": "mail.example.org:587"},
    "operator is none": MAIL | {"ALERT_EMAIL_TO": "operator"},
    "bobbin is none": MAIL | {"ALERT_EMAIL_FROM": "bobbin"},
    "mail.example.org:587.": MAIL | {"ALERT_SMTP_HOST": "mail.example.org"},
    ":587 has no host": MAIL | {"ALERT_SMTP_HOST": ":587"},
    "mail.example.org:2x has no valid port": MAIL | {"ALERT_SMTP_HOST": "mail.example.org:2x"},
    "ALERT_SMTP_TLS is true or false": MAIL | {"ALERT_SMTP_TLS": "off"},
    "ALERT_SMTP_USER needs a password": MAIL | {"ALERT_SMTP_USER": "bobbin"},
    "ALERT_WEBHOOK_URL=chat is no address": {"ALERT_WEBHOOK_URL": "chat"},
    "has a space": {"ALERT_WEBHOOK_URL": "http://chat hook"},
    "ALERT_WATCHDOG_URL=hc is no address": {"ALERT_WATCHDOG_URL": "hc"},
    "PROBE_URL=example.org is no address": {"PROBE_URL": "example.org"},
}


@pytest.mark.parametrize("name", GOOD_ALERTS)
def test_settings_of_notifications_that_work_pass(checkout, name):
    if "ALERT_SMTP_USER" in GOOD_ALERTS[name]:
        (checkout / "secrets").mkdir()
        (checkout / "secrets/alert_smtp_password").write_text("a password\n")

    assert run(checkout, "check-alerts.sh", **GOOD_ALERTS[name]).stderr == ""


@pytest.mark.parametrize("reason", WRONG_ALERTS)
def test_settings_of_notifications_that_cannot_work_are_refused(checkout, reason):
    (checkout / ".env").write_text("".join(f"{key}={text}\n" for key, text in WRONG_ALERTS[reason].items()))

    done = run(checkout, "check-alerts.sh")

    assert done.returncode == 1
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_restore_without_a_file_says_how_to_name_one(checkout):
    done = run(checkout, "restore.sh")

    assert done.returncode == 1
    assert done.stderr == "Bobbin: say which backup: make restore FILE=backups/bobbin-....dump\n"


def test_restore_of_an_encrypted_backup_without_its_key_is_refused_in_one_line(checkout):
    dump = checkout / "bobbin-1.dump"
    dump.write_text("age-encryption.org/v1\n")
    dump.with_name("bobbin-1.dump.sha256").write_text("0  bobbin-1.dump\n")
    command = ["scripts/restore.sh", str(dump)]

    for key, reason in {
        "": "is encrypted: say also AGE_IDENTITY=",
        "/missing": "=/missing cannot be read",
    }.items():
        done = subprocess.run(
            command,
            cwd=checkout,
            env=os.environ | {"AGE_IDENTITY": key},
            check=False,
            capture_output=True,
            text=True,
        )
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1
