"""The archive of pgBackRest, and a burst of sends with a moment in its middle."""

import re
import shutil
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.deployment.compose.sending import Load
from tests.support.http_client.patient import Patient

MESSAGES = "SELECT client_id FROM messaging_message WHERE client_id IS NOT NULL"
LAST_BACKUP = "bobbin_base_backup_last_success_timestamp_seconds"
OVERRIDE = "deploy/pgbackrest/compose.yml"


def switch_on(stack, *overrides: str, files: tuple[Path, ...] = ()) -> None:
    """Start the stack with its archive, and wait for the first base backup."""
    given = stack.env.get("COMPOSE_FILE", "docker-compose.yml")
    stack.env["COMPOSE_FILE"] = ":".join([given, OVERRIDE, *overrides])
    if files:
        make_folder(stack, "archive", files)
    stack.make("up")
    wait_for_base_backup(stack)


def make_folder(stack, name: str, files: tuple[Path, ...] = ()) -> None:
    """Create a folder that belongs to the user of PostgreSQL, also if the tests do not run as root."""
    folder = stack.folder / name
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
    own = ("chown", "--recursive", "999:999", "/made")
    stack.run("docker", "run", "--rm", "--user=0", f"--volume={folder}:/made", "postgres:18-trixie", *own)


def wait_for_base_backup(stack) -> None:
    """Wait until the metric for Prometheus is the time of a base backup."""
    until = time.monotonic() + 120
    metrics = ("exec", "--no-TTY", "base-backup", "sh", "-c", "cat /textfiles/base-backup.prom || true")
    while not re.search(rf"^{LAST_BACKUP} [1-9]", stack.compose(*metrics), re.MULTILINE):
        assert time.monotonic() < until, stack.compose("logs", "base-backup", "postgres")
        time.sleep(0.5)


class Burst(NamedTuple):
    moment: datetime
    before: set[str]  # Client ids of the messages that were acknowledged before the moment.
    after: set[str]  # Those of the messages that were sent after it.
    erased: str  # The name of a member who erased the account after it.
    ended: datetime  # After the last send, and before the erasure.


def burst_of_sends(stack, members) -> Burst:
    """Let all members send, and remember a moment while they do.

    A few sends were in flight at the moment: their messages are in neither set.
    """
    passer = Patient(stack.url, f"passer-{uuid.uuid4().hex[:8]}")
    passer.sign_up()
    with Load(stack, members) as load:
        moment, until = datetime.now(UTC), time.monotonic()
        load.wait_for_more()
    ended = datetime.now(UTC)
    passer.delete_account()
    acknowledged = [item for sender in load.senders for item in sender.acknowledged.items()]
    before = {client_id for client_id, (_, at) in acknowledged if at <= until}
    # The time of a message is that of its insertion, so its commit is later.
    after = {row[0] for row in stack.sql(f"{MESSAGES} AND timestamp > '{moment.isoformat()}'")}
    assert len(before) > 10
    assert len(after) > 10
    return Burst(moment, before, after, passer.name, ended)
