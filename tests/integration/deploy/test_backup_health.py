"""The health check and the metric of the backups. No test here needs a database."""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy/postgres/backup.sh"
DAY = 86400


@pytest.fixture
def folder(tmp_path):
    for name in ("backups", "textfiles", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def environment(folder):
    return os.environ | {
        "BACKUPS": str(folder / "backups"), "TEXTFILES": str(folder / "textfiles"),
        "TMPDIR": str(folder / "tmp"), "PGPASSWORD_FILE": "/dev/null", "PGHOST": "/nonexistent",
    }  # fmt: skip


def backup(folder, *arguments):
    return subprocess.run(
        ["sh", SCRIPT, *arguments], env=environment(folder), capture_output=True, text=True, check=False
    )


def made(folder, seconds_ago):
    dump = folder / "backups/bobbin-20260101T000000Z.dump"
    dump.write_text("")
    os.utime(dump, (time.time() - seconds_ago,) * 2)
    return dump


@pytest.mark.parametrize(("seconds_ago", "status"), [(60, 0), (DAY + 7000, 0), (DAY + 7300, 1)])
def test_check_fails_if_the_newest_backup_is_too_old(folder, seconds_ago, status):
    made(folder, seconds_ago)

    assert backup(folder, "check", str(DAY)).returncode == status


def test_check_fails_without_a_backup_unless_the_first_one_is_being_made(folder):
    assert backup(folder, "check", str(DAY)).returncode == 1
    with (folder / "backups/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert backup(folder, "check", str(DAY)).returncode == 0


def test_check_fails_after_a_failed_try_until_the_next_backup(folder):
    made(folder, seconds_ago=DAY + 60)
    loop = subprocess.Popen(
        ["sh", SCRIPT, "every", str(DAY)], env=environment(folder), stderr=subprocess.PIPE, text=True
    )
    while "pg_dump failed" not in loop.stderr.readline():
        assert loop.poll() is None
    while not (folder / "tmp/backup-failed").exists():
        time.sleep(0.02)
    said = backup(folder, "check", str(DAY)).stderr
    loop.send_signal(signal.SIGTERM)
    loop.wait(10)

    assert "the last try failed" in said
    made(folder, seconds_ago=-1)
    assert backup(folder, "check", str(DAY)).returncode == 0


@pytest.mark.parametrize("command", [["once"], ["writable"], ["check", "60"]])
def test_folder_that_cannot_be_written_is_reported_in_one_line(folder, command):
    (folder / "backups").rmdir()
    said = backup(folder, *command)

    assert said.returncode == 1
    user = f"{os.getuid()}:{os.getgid()}"
    assert said.stderr.splitlines() == [
        f"backup: user {user} cannot write to {folder}/backups (No such file or directory)"
    ]


def test_metric_is_the_time_of_the_newest_backup_and_readable_by_the_exporter(folder):
    dump = made(folder, seconds_ago=500)
    loop = subprocess.Popen(["sh", SCRIPT, "every", str(DAY)], env=environment(folder))
    written = folder / "textfiles/backup.prom"
    while not written.exists():
        assert loop.poll() is None
    loop.send_signal(signal.SIGTERM)
    loop.wait(10)

    (line,) = [line for line in written.read_text().splitlines() if not line.startswith("#")]
    assert line == f"bobbin_backup_last_success_timestamp_seconds {int(dump.stat().st_mtime)}"
    assert written.stat().st_mode & 0o444 == 0o444


def test_service_that_makes_backups_reports_that_it_runs(folder):
    began = int(time.time())
    loop = subprocess.Popen(["sh", SCRIPT, "every", str(DAY)], env=environment(folder))
    written = folder / "textfiles/service.prom"
    while not written.exists():
        assert loop.poll() is None
    loop.send_signal(signal.SIGTERM)
    loop.wait(10)

    line = written.read_text().splitlines()[-1]
    assert int(line.removeprefix("bobbin_backup_service_timestamp_seconds ")) >= began
