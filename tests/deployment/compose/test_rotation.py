"""`make rotate` changes all passwords and the SECRET_KEY under load, also when it is interrupted."""

import os
import signal
import subprocess
import time

import pytest

from tests.deployment.compose.judging import judge
from tests.deployment.compose.log_ins import LOG_IN_TO_POSTGRES, LOG_IN_TO_REDIS
from tests.deployment.compose.sending import Load
from tests.deployment.compose.visiting import Visitor

PASSWORDS = {
    "bobbin": "postgres_password",
    "bobbin_owner": "postgres_owner_password",
    "bobbin_monitor": "postgres_monitor_password",
    "postgres": "postgres_admin_password",
}
READY = "import healthcheck, sys; sys.exit(healthcheck.main('http://127.0.0.1:8000/readyz'))"
# A thief of the password of PostgreSQL, whose session is older than the rotation.
THIEF = """
import psycopg, time
held = psycopg.connect("host=postgres dbname=bobbin user=bobbin application_name=thief", password={!r})
while held.execute("SELECT 1"):
    time.sleep(0.5)
"""


def secrets_of(stack) -> dict[str, str]:
    """Return the first line of each secret."""
    names = [*PASSWORDS.values(), "redis_url", "secret_key"]
    return {name: (stack.folder / "secrets" / name).read_text().splitlines()[0] for name in names}


def rotate_until(stack, words: str) -> subprocess.Popen:
    """Start a rotation, and return it when it has printed these words."""
    command = ["make", "--no-print-directory", "rotate"]
    rotation = subprocess.Popen(
        command, cwd=stack.folder, env=stack.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    said = []
    for line in rotation.stdout:
        said.append(line)
        if words in line:
            return rotation
    raise AssertionError("".join(said))


def kill_while_web_is_replaced(stack):
    rotation = rotate_until(stack, "starting the new version beside the old one")
    os.killpg(rotation.pid, signal.SIGKILL)
    rotation.communicate()


def stop_between_postgres_and_the_files(stack):
    """Let PostgreSQL accept the new passwords only, and make the installation of their files fail."""
    rotation = rotate_until(stack, "Step 2 of 3")
    obstacle = stack.folder / "secrets/postgres_admin_password.new"
    obstacle.mkdir()
    said, _ = rotation.communicate(timeout=300)
    assert rotation.returncode != 0, said
    stack.run("rm", "-r", str(obstacle))


@pytest.fixture(scope="module")
def rotated(stack, members, note):
    """Rotate under load with two interruptions, and return the secrets of before."""
    stack.wait_until_healthy(30)
    before, load, visitor = secrets_of(stack), Load(stack, members), Visitor(stack.url)
    code = THIEF.format(before["postgres_password"])
    thief = subprocess.Popen(
        ["docker", "compose", "run", "--rm", "--no-deps", "--no-TTY", "counter-audit", "python", "-c", code],
        cwd=stack.folder, env=stack.env, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    while not stack.sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'thief'"):
        assert thief.poll() is None
        time.sleep(0.2)

    with load, visitor:
        began = time.monotonic()
        kill_while_web_is_replaced(stack)
        load.wait_for_more()
        stop_between_postgres_and_the_files(stack)
        load.wait_for_more()
        # New connections of the containers, which know both passwords.
        stack.python("web", READY)
        stack.compose("exec", "--no-TTY", "web", "python", "manage.py", "showmigrations", "messaging")
        assert (
            "FAILED  rotation of the secrets is finished: Bobbin: it was interrupted. Run: make rotate"
            in (stack.run("scripts/doctor.sh", "settings", status=1))
        )
        stack.make("rotate")
        well = time.monotonic() - began
        load.wait_for_more()

    judge(load, began, well, note, "`make rotate`, interrupted twice", allowed=set())
    assert visitor.failures == []
    return before


def test_rotation_changes_every_secret(stack, rotated):
    after = secrets_of(stack)
    assert [name for name in rotated if rotated[name] == after[name]] == []
    assert not (stack.folder / "secrets/rotation").exists()
    assert (stack.folder / "secrets/secret_key").read_text().split() == [
        after["secret_key"],
        rotated["secret_key"],
    ]
    assert stack.run("scripts/doctor.sh", "settings") == ""


@pytest.mark.parametrize("role", PASSWORDS)
def test_old_password_of_postgres_is_refused(stack, rotated, role):
    code = LOG_IN_TO_POSTGRES.format(role, rotated[PASSWORDS[role]])
    assert "password authentication failed" in stack.python("web", code)
    accepted = LOG_IN_TO_POSTGRES.format(role, secrets_of(stack)[PASSWORDS[role]])
    assert stack.python("web", accepted) == "accepted\n"


def test_old_password_of_redis_is_refused(stack, rotated):
    assert "invalid username-password pair" in stack.python(
        "web", LOG_IN_TO_REDIS.format(rotated["redis_url"])
    )
    assert stack.python("web", LOG_IN_TO_REDIS.format(secrets_of(stack)["redis_url"])) == "accepted\n"


def test_session_from_before_the_rotation_has_ended(stack, rotated):
    assert stack.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'thief'") == [["0"]]


def test_members_stay_logged_in(members, rotated):
    assert {member.get("/chats/").status for member in members} == {200}
