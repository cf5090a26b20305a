"""An upgrade while members send: migrations run beside the old version, which then shuts down gracefully."""

import subprocess
import threading
import time
from contextlib import contextmanager

from tests.deployment.compose.judging import RECOVERY_SECONDS, judge
from tests.deployment.compose.migrating import CONTINUE, WAIT, WAITING, add_migration
from tests.deployment.compose.sending import Load
from tests.deployment.compose.visiting import Visitor, change_static_files

UNHEALTHY = """
services:
  web:
    healthcheck: {test: [CMD, "false"], interval: 1s, retries: 1, start_period: 0s}
"""


@contextmanager
def holding(stack, statements):
    """Run statements that hold a lock in psql while the block runs, then terminate their backend."""
    psql = ["docker", "compose", "exec", "--no-TTY", "postgres", "psql", "--username=postgres", "bobbin"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    held = subprocess.Popen([*psql, f"--command={statements}"], cwd=stack.folder, env=stack.env, **quiet)
    # The session sleeps once it has the lock.
    held_by = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND wait_event = 'PgSleep'"
    while not (found := stack.sql(held_by)):
        time.sleep(0.1)
    try:
        yield
    finally:
        stack.sql(f"SELECT pg_terminate_backend({found[0][0]})")
        held.wait(30)


def test_a_new_version_under_load(stack, members, note):
    stack.wait_until_healthy(RECOVERY_SECONDS)
    before, load, visitor = stack.ids(), Load(stack, members), Visitor(stack.url)
    change_static_files(stack.folder)
    add_migration(stack.folder, "9999_of_the_test", column="of_the_test", then=WAIT)
    stack.env["RELEASE"] = stack.env["RELEASE"].rpartition("-")[0] + "-2"

    with load, visitor:
        build = subprocess.Popen(
            ["make", "--no-print-directory", "up"], cwd=stack.folder, env=stack.env, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        while not stack.sql(WAITING):
            assert build.poll() is None, build.stdout.read()
            time.sleep(0.2)
        began = time.monotonic()
        load.wait_for_more()  # The old version sends while the migration runs.
        assert stack.sql(WAITING)
        stack.sql(CONTINUE)
        assert before["web"] in stack.compose("ps", "--format", "{{.ID}}", "web")
        said, _ = build.communicate(timeout=300)
        assert build.returncode == 0, said
        load.wait_for_more(RECOVERY_SECONDS)
        well = time.monotonic() - began
        load.wait_for_more()

    after = stack.ids()
    assert after["web"] != before["web"]
    assert (after["postgres"], after["redis"]) == (before["postgres"], before["redis"])
    assert stack.inspect()["web"]["Config"]["Image"].endswith(stack.env["RELEASE"])
    assert visitor.failures == []
    judge(load, began, well, note, "`make up` of a new version, with a slow migration", allowed=set())


def test_second_build_of_a_release_keeps_the_images_of_the_release_before(stack):
    built = stack.inspect()["web"]["Config"]["Image"]

    def ids() -> list[str]:
        return stack.run("docker", "inspect", "--format", "{{.Id}}", built, f"{built}-previous").split()

    before = ids()
    change_static_files(stack.folder)
    stack.run("scripts/build.sh")

    assert ids()[0] != before[0]
    assert ids()[1] == before[1] != before[0]


def test_migration_without_its_lock_fails_and_the_old_version_continues(stack, members):
    """A statement that waits for its lock would block all later statements on that table."""
    before, release = stack.ids()["web"], stack.env["RELEASE"]
    stack.env["RELEASE"] = f"{release}-locked"
    migration = add_migration(stack.folder, "99999_locked", column="locked")
    reading = "BEGIN; LOCK TABLE notifications_notification IN ACCESS SHARE MODE; SELECT pg_sleep(60); COMMIT"
    with holding(stack, reading):
        said = stack.make("up", status=2)
        assert "the old version continues to serve" in said
        assert stack.ids()["web"] == before
        members[0].send(members[1], "It does")

    migration.unlink()
    stack.env["RELEASE"] = release


def test_a_new_version_by_compose_alone(stack, members, note):
    """Without make, the old version stops before the new one starts; nginx returns 502 or 503 meanwhile."""
    stack.wait_until_healthy(RECOVERY_SECONDS)
    load = Load(stack, members)
    stack.env["RELEASE"] = stack.env["RELEASE"].rpartition("-")[0] + "-3"
    stack.compose("build", "web")

    with load:
        began = time.monotonic()
        stack.compose("up", "--detach", "--build", "--wait")
        load.wait_for_more(RECOVERY_SECONDS)
        well = time.monotonic() - began
        load.wait_for_more()

    judge(load, began, well, note, "`docker compose up --build` of a new version")


def test_web_completes_running_requests_after_sigterm(stack, members):
    alice, bob = members[:2]
    alice.get("/chats/new/")
    answers = []

    def send():
        answers.append(alice.post("/chats/new/", to=bob.name, content="Begun before the end"))

    sending = "BEGIN; LOCK TABLE messaging_message IN EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT"
    with holding(stack, sending):
        sender = threading.Thread(target=send)
        sender.start()
        while not stack.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            time.sleep(0.1)
        stack.compose("stop", "web")
        sender.join(30)

    stack.compose("start", "web")
    stack.wait_until_healthy(RECOVERY_SECONDS)
    assert [answer.status for answer in answers] == [302]
    assert "Begun before the end" in {message.content for message in bob.conversation(alice)}


def test_a_new_version_replaces_an_unhealthy_one(stack):
    """Docker Compose would wait for the health of the old container too."""
    stack.wait_until_healthy(RECOVERY_SECONDS)
    override = stack.folder / "unhealthy.yml"
    override.write_text(UNHEALTHY)
    files = stack.env.get("COMPOSE_FILE", "docker-compose.yml").split(":")
    with_override = [argument for file in (*files, override.name) for argument in ("--file", file)]
    stack.compose(*with_override, "up", "--detach", "--no-deps", "web")
    while stack.inspect()["web"]["State"]["Health"]["Status"] != "unhealthy":
        time.sleep(0.5)

    stack.make("up")
    stack.wait_until_healthy(RECOVERY_SECONDS)
