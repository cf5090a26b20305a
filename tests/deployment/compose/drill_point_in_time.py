"""The archive restores the database to any moment, and a refused moment changes nothing."""

import os
import re
import signal
import subprocess
import time
from datetime import UTC, datetime

import pytest

from tests.deployment.compose.archive import MESSAGES, OVERRIDE, burst_of_sends, switch_on
from tests.deployment.compose.judging import RECOVERY_SECONDS
from tests.deployment.compose.object_store import NETWORK, ObjectStore
from tests.support.audit import WRONG_COUNTERS


@pytest.fixture(scope="module")
def archived(stack, members):
    """The stack with an archive in an object store."""
    before, store = dict(stack.env), ObjectStore(stack)
    store.write_settings()
    store.start()
    switch_on(stack, NETWORK, files=(store.certificate,))
    yield stack
    stack.make("down-all", "YES=1")
    store.remove()
    stack.env.clear()
    stack.env |= before


@pytest.fixture(scope="module")
def burst(archived, members):
    return burst_of_sends(archived, members)


@pytest.fixture(scope="module")
def stopped(archived, burst):
    """The stack after the burst, stopped."""
    archived.make("down")
    return archived


@pytest.fixture(scope="module")
def restored(stopped, burst, figure):
    """The stack as it was at the moment in the burst, and the output of the restore."""
    began = time.monotonic()
    stopped.said = stopped.make("restore", f"TO={burst.moment.isoformat(sep=' ')}")
    stopped.make("up")
    figure(f"Restored to a moment, and served again after {time.monotonic() - began:.0f} s")
    return stopped


def refusal(stack, moment):
    """Return the only line that `make restore` prints about a moment, and check that no file is left."""
    said = stack.make("restore", f"TO={moment}", status=2).splitlines()
    lines = [line for line in said if line and not line.startswith(("Recovering the archive", "make:"))]
    assert len(lines) == 1, said
    assert list((stack.folder / "backups").glob("recovered-*")) == []
    return lines[0]


def test_archive_that_postgres_cannot_write_is_refused_and_a_missing_one_is_created(archived, monkeypatch):
    path = archived.folder / "secrets/pgbackrest.conf"
    (archived.folder / "of-root").mkdir(mode=0o755)
    kept = path.read_text()
    path.write_text(kept.replace("repo1-type=s3\n", ""))
    try:
        for name, status in (("of-root", 1), ("missing", 0)):
            monkeypatch.setitem(archived.env, "ARCHIVE", f"./{name}")
            said = archived.run("scripts/archive-folder.sh", status=status)
            assert ("chown -R 999:999 ./of-root" in said) == (name == "of-root")
    finally:
        path.write_text(kept)

    assert (archived.folder / "missing").stat().st_uid == 999


def test_recovery_is_refused_while_any_service_uses_the_database(archived, burst):
    archived.compose("stop", *(archived.ids().keys() - {"clear-sessions", "postgres"}))

    said = refusal(archived, "latest")

    assert said == "Bobbin: the stack is in use (clear-sessions runs). Stop it first: make down"


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("2020-01-01 00:00:00", "there is no base backup from before 2020-01-01 00:00:00.000000+00"),
        ("2999-01-01 00:00:00", "2999-01-01 00:00:00.000000+00 is in the future"),
        ("28.11.2026 at noon", '"28.11.2026 at noon" is no time'),
    ],
)
def test_impossible_moment_is_refused_in_one_line(stopped, moment, reason):
    said = refusal(stopped, moment)

    assert said.startswith(f"Bobbin: {reason}")
    assert said.endswith("; the database is as it was")


def test_moment_after_the_end_of_the_archive_is_refused_with_the_last_change(stopped, burst):
    said = refusal(stopped, datetime.now(UTC))

    assert "Bobbin: the archive ends before" in said
    # The stop of PostgreSQL has archived the last change.
    assert datetime.fromisoformat(re.search(r"with the change of (.*)\. Restore", said)[1]) > burst.ended
    assert "Restore this with TO=latest; the database is as it was" in said


@pytest.mark.parametrize(
    ("setting", "other", "reason"),
    [
        ("repo1-path=/bobbin", "repo1-path=/empty", "the archive has no base backup yet"),
        ("repo1-cipher-pass=", "repo1-cipher-pass=0", "the archive cannot be read with pgbackrest.conf: ["),
        ("secret=secret-of-bobbin", "secret=wrong", "the archive cannot be read with pgbackrest.conf: ["),
    ],
)
def test_archive_that_has_nothing_or_cannot_be_read_is_refused(stopped, setting, other, reason):
    path = stopped.folder / "secrets/pgbackrest.conf"
    kept = path.read_text()
    path.write_text(kept.replace(setting, other))
    try:
        assert refusal(stopped, "latest").startswith(f"Bobbin: {reason}")
    finally:
        path.write_text(kept)


def test_recovery_without_an_archive_says_how_to_switch_it_on(stopped, monkeypatch):
    without = stopped.env["COMPOSE_FILE"].partition(f":{OVERRIDE}")[0]
    monkeypatch.setitem(stopped.env, "COMPOSE_FILE", without)

    assert "there is no archive. Switch it on first" in refusal(stopped, "latest")


def test_interrupted_recovery_removes_its_server_and_its_files(stopped):
    project = stopped.env["COMPOSE_PROJECT_NAME"]
    labels = [f"label=com.docker.compose.{name}" for name in (f"project={project}", "service=recover")]
    containers = ["docker", "ps", "--all", "--quiet", *(f"--filter={label}" for label in labels)]
    command = ["make", "restore", "TO=latest"]
    recovery = subprocess.Popen(command, cwd=stopped.folder, env=stopped.env, start_new_session=True)
    while not stopped.run(*containers):
        assert recovery.poll() is None
    os.killpg(recovery.pid, signal.SIGINT)

    assert recovery.wait(60) != 0
    assert stopped.run(*containers) == ""
    assert list((stopped.folder / "backups").glob("recovered-*")) == []
    listing = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint=ls", "recover", "/var/lib/postgresql/18")
    assert "docker" not in stopped.compose(*listing).split()


def test_restore_to_a_moment_has_every_earlier_message_and_no_later_one(restored, burst):
    found = {row[0] for row in restored.sql(MESSAGES)}

    assert burst.before - found == set()
    assert burst.after & found == set()
    assert restored.sql(WRONG_COUNTERS) == [["0"]]


def test_restore_to_a_moment_repeats_later_erasures(restored, burst):
    assert "1 members who were erased after the backup was made are erased again" in restored.said
    assert restored.sql(f"SELECT 1 FROM accounts_user WHERE username = '{burst.erased}'") == []


def test_restore_to_a_moment_keeps_the_replaced_database(restored, burst):
    kept = re.search(r"kept as (bobbin_before_restore_\d+)", restored.said)[1]
    restored.sql(f"ALTER DATABASE {kept} ALLOW_CONNECTIONS true")

    found = {row[0] for row in restored.sql(MESSAGES, database=kept)}

    assert burst.before | burst.after <= found


def test_members_continue_after_a_restore_to_a_moment(restored, members):
    restored.wait_until_healthy(RECOVERY_SECONDS)
    alice, bob = (member.another_browser() for member in members[:2])
    for browser in (alice, bob):
        browser.expect_redirect(browser.log_in(), "/chats/")
    sent = alice.send(bob, "After the restore")

    assert sent in [message.id for message in bob.conversation(alice)]
