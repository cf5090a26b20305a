"""A restore that is killed while it loads a backup changes nothing, and the next start says so."""

import os
import signal
import subprocess

import pytest

# The load of the backup waits in the unfinished database, also after the script was killed.
SLOW = """CREATE MATERIALIZED VIEW slow AS
SELECT FROM pg_sleep(CASE current_database() WHEN 'bobbin_restoring' THEN 600 ELSE 0 END)"""
LOADING = "SELECT 1 FROM pg_stat_activity WHERE datname = 'bobbin_restoring' AND query LIKE 'REFRESH%'"
DATABASES = """SELECT datname, datconnlimit, datallowconn FROM pg_database
WHERE datname IN ('bobbin', 'bobbin_restoring') ORDER BY 1"""
MESSAGES = "SELECT count(*), max(id) FROM messaging_message"


@pytest.fixture
def loading(stack, members):
    """Start a restore, and return its process while it loads the backup, and the messages before."""
    stack.make("up")
    stack.sql(SLOW)
    stack.make("backup")
    stack.sql("DROP MATERIALIZED VIEW slow")
    file = max((stack.folder / "backups").glob("bobbin-*.dump"))
    sender = members[0].another_browser()  # Restores of other tests have ended the sessions.
    sender.log_in()
    sender.send(members[1], "After the backup")
    messages = stack.sql(MESSAGES)
    stack.make("down")
    stack.compose("up", "--detach", "--wait", "postgres")
    command = ["make", "restore", f"FILE={file}"]
    restore = subprocess.Popen(command, cwd=stack.folder, env=stack.env, start_new_session=True)
    while not stack.sql(LOADING, "postgres"):
        assert restore.poll() is None
    yield restore, messages
    if restore.poll() is None:
        os.killpg(restore.pid, signal.SIGKILL)
    file.unlink()


def test_start_is_refused_during_a_restore_and_undoes_a_killed_one(stack, loading):
    restore, messages = loading
    assert "Bobbin: a restore is running" in stack.make("up", status=2)
    assert restore.poll() is None
    os.killpg(restore.pid, signal.SIGKILL)
    restore.wait()
    assert ["bobbin", "0", "f"] in stack.sql(DATABASES, "postgres")

    said = stack.make("up")

    assert "A restore was interrupted. It changed nothing" in said
    assert stack.sql(DATABASES, "postgres") == [["bobbin", "-1", "t"]]
    assert stack.sql(MESSAGES) == messages
