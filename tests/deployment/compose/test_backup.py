"""A restore brings back all data of a backup, and a failed restore changes nothing."""

import hashlib
import subprocess
import time
import uuid

import pytest

from tests.deployment.compose.judging import RECOVERY_SECONDS
from tests.support.http_client.patient import Patient

# All tables with data of members; `contents` hashes all columns of all rows of each.
TABLES = (
    "accounts_user", "messaging_conversation", "messaging_participant", "messaging_message",
    "messaging_messagehistory", "notifications_notification",
)  # fmt: skip


def contents(stack) -> dict[str, list[str]]:
    return {
        table: stack.sql(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t")[0]
        for table in TABLES
    }


@pytest.fixture(scope="module")
def backup(stack, members):
    """Return the file of a backup, and the contents of the database at that time."""
    stack.wait_until_healthy(RECOVERY_SECONDS)
    alice, bob = members[:2]
    root = alice.send(bob, "Before the backup")
    alice.edit(root, "Before the backup, and edited")
    before = contents(stack)
    assert all(int(count) for count, _ in before.values())
    time.sleep(
        1.1
    )  # The service `backup` has made one at its start. File names have a resolution of one second.
    stack.make("backup")
    return max((stack.folder / "backups").glob("*.dump")), before


def test_backup_has_a_checksum_and_only_its_owner_can_read_it(backup):
    file, _ = backup
    subprocess.run(["sha256sum", "--check", f"{file.name}.sha256"], cwd=file.parent, check=True)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_only_the_last_backups_are_kept(stack, backup):
    file, _ = backup
    present = len(list(file.parent.glob("*.dump")))
    for day in range(10, 20):
        old = file.with_name(f"bobbin-202001{day}T000000Z.dump")
        old.write_text("old")
        old.with_name(f"{old.name}.sha256").write_text("old")
    stack.env["BACKUP_KEEP"] = str(present + 2)  # The present ones, a new one, and one of the old.
    time.sleep(1.1)

    stack.make("backup")

    kept = sorted(path.name for path in file.parent.glob("*.dump"))
    assert len(kept) == present + 2
    assert kept[0] == "bobbin-20200119T000000Z.dump"
    assert len(list(file.parent.glob("*.sha256"))) == present + 2


def test_a_restore_refuses_a_stack_in_use(stack, backup):
    file, _ = backup
    said = stack.make("restore", f"FILE={file}", status=2)
    assert "the stack is in use" in said
    assert stack.unhealthy() == ""


def test_restore_refuses_a_damaged_or_unknown_file(stack, backup):
    file, _ = backup
    stack.make("down")
    damaged = file.with_name("damaged.dump")
    damaged.write_bytes(file.read_bytes()[:-1] + b"x")
    damaged.with_name("damaged.dump.sha256").write_text(
        file.with_name(f"{file.name}.sha256").read_text().replace(file.name, damaged.name)
    )
    unknown = file.with_name("unknown.dump")
    unknown.write_bytes(file.read_bytes())

    assert "is damaged" in stack.make("restore", f"FILE={damaged}", status=2)
    assert "nobody can tell" in stack.make("restore", f"FILE={unknown}", status=2)
    assert "is no file" in stack.make("restore", "FILE=backups/nothing.dump", status=2)


def test_failed_restore_leaves_the_database_unchanged(stack, backup):
    file, _ = backup
    half = file.with_name("half.dump")
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    checksum = hashlib.sha256(half.read_bytes()).hexdigest()
    half.with_name("half.dump.sha256").write_text(f"{checksum}  {half.name}")  # No end of the line.
    stack.make("up")
    before = contents(stack)
    stack.make("down")

    assert "the old database is as it was" in stack.make("restore", f"FILE={half}", status=2)

    stack.make("up")
    assert contents(stack) == before


def test_restore_after_deleted_volumes_brings_back_all_data(stack, members, backup):
    file, before = backup
    members[0].send(members[1], "After the backup")
    stack.make("down-all", "YES=1")
    project = stack.env["COMPOSE_PROJECT_NAME"]
    assert stack.run("docker", "volume", "ls", "--quiet", "--filter", f"name={project}") == ""

    assert f"Restored: {before['messaging_message'][0]} messages" in stack.make("restore", f"FILE={file}")
    stack.make("up")

    assert contents(stack) == before
    alice, bob = (member.another_browser() for member in members[:2])
    for browser in (alice, bob):
        browser.expect_redirect(browser.log_in(), "/chats/")
    (shown,) = [message for message in bob.conversation(alice) if message.edited]
    assert shown.content == "Before the backup, and edited"
    assert alice.history(shown.id) == ["Before the backup"]
    assert any(alice.name in notification.text for notification in bob.notifications())
    alice.send(bob, "And it goes on")


def test_restore_over_a_newer_database_keeps_the_newer_one(stack, backup):
    file, before = backup
    # As after a restore of an older backup by mistake: only the checkout has all migrations of the backup.
    last = "SELECT max(id) FROM django_migrations WHERE app = 'messaging'"
    stack.sql(f"DELETE FROM django_migrations WHERE id = ({last})")
    newer = contents(stack)
    stack.make("down")

    said = stack.make("restore", f"FILE={file}")

    assert "bobbin_before_restore" in said
    stack.make("up")
    assert contents(stack) == before
    assert newer != before


def test_service_backup_makes_backups_periodically(stack, backup):
    file, _ = backup
    known = set(file.parent.glob("*.dump"))
    stack.env["BACKUP_SECONDS"] = "2"
    try:
        stack.make("up")
        until = time.monotonic() + 30
        while len(set(file.parent.glob("*.dump")) - known) < 2:
            assert time.monotonic() < until, stack.compose("logs", "backup")
            time.sleep(0.5)
    finally:
        del stack.env["BACKUP_SECONDS"]
        stack.compose("stop", "backup")


def test_up_refuses_a_folder_that_the_backups_cannot_write(stack, backup):
    file, _ = backup
    folder = file.parent.with_name("of-root")
    folder.mkdir(mode=0o755)
    before = stack.ids()
    said = stack.run("env", f"BACKUPS={folder}", "make", "--no-print-directory", "up", status=2)

    assert "user 10001:10001 cannot write to /backups" in said
    assert f"chown -R 10001:10001 {folder}" in said
    assert stack.ids() == before


def test_restore_repeats_erasures_made_after_the_backup(stack, backup):
    file, _ = backup
    passer = Patient(stack.url, f"passer-{uuid.uuid4().hex[:8]}")
    passer.sign_up()
    stack.make("backup")
    newest = max(file.parent.glob("bobbin-*.dump"))
    (number,) = stack.sql(f"SELECT id FROM accounts_user WHERE username = '{passer.name}'")[0]
    passer.delete_account()
    stack.make("down")

    said = stack.make("restore", f"FILE={newest}")

    assert "1 members who were erased after the backup was made are erased again" in said
    assert "lists every erasure until now" in said
    stack.make("up")
    assert stack.sql(f"SELECT 1 FROM accounts_user WHERE username = '{passer.name}'") == []
    assert stack.sql("SELECT count(*) FROM accounts_session") == [["0"]]
    assert stack.sql(f"SELECT count(*) FROM accounts_erasure WHERE user_id = {number}") == [["1"]]


def test_databases_kept_by_restores_are_dropped_after_seven_days(stack, backup):
    names = "SELECT datname FROM pg_database WHERE datname LIKE 'bobbin_before_restore_%' ORDER BY 1"
    kept = stack.sql(names)
    assert kept
    stack.sql(f"ALTER DATABASE {kept[0][0]} RENAME TO bobbin_before_restore_20200101000000")

    said = "bobbin_before_restore_20200101000000 was dropped, because it is older than 7 days"
    assert said in stack.make("backup")
    assert stack.sql(names) == kept[1:]
