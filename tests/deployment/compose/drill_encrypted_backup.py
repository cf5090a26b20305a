"""The backups are encrypted, and a restore needs the private key, which the host does not have."""

import os
import re

import pytest

from tests.deployment.compose.judging import RECOVERY_SECONDS

OVERRIDE = "deploy/age/compose.yml"


def make_key(stack, file):
    """Write a private key into a file, and return its public key."""
    generate = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint=age-keygen", "backup")
    made = stack.compose(*generate)
    file.touch(0o600)
    file.write_text(re.search(r"^AGE-SECRET-KEY-\w+$", made, re.MULTILINE)[0])
    return re.search(r"public key: (age1\w+)", made)[1]


@pytest.fixture(scope="module")
def encrypted(stack, members):
    """An encrypted backup of a message. `stack.keys` are another private key, and the one of the backup."""
    before, given = dict(stack.env), stack.env.get("COMPOSE_FILE", "docker-compose.yml")
    stack.env |= {"COMPOSE_FILE": f"{given}:{OVERRIDE}", "AGE_RECIPIENT": "age1"}
    members[0].send(members[1], "In the encrypted backup")
    stack.run("scripts/build-postgres.sh")
    stack.keys = [stack.folder / name for name in ("other-key.txt", "own-key.txt")]
    for key in stack.keys:
        stack.env["AGE_RECIPIENT"] = make_key(stack, key)
    stack.make("backup", "down")
    yield max((stack.folder / "backups").glob("bobbin-*.dump"), key=os.path.getmtime)
    stack.env.clear()
    stack.env |= before
    stack.make("up")
    stack.wait_until_healthy(RECOVERY_SECONDS)


def test_dump_is_encrypted_and_nothing_else_is_left(stack, encrypted):
    assert encrypted.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert encrypted.stat().st_mode & 0o077 == 0
    assert list(encrypted.parent.glob("*.unfinished")) == []


def test_start_with_a_wrong_public_key_is_refused(stack, encrypted):
    said = stack.run("env", "AGE_RECIPIENT=age1wrong", "make", "--no-print-directory", "up", status=2)

    assert "backup: AGE_RECIPIENT is no public key of age" in said


def test_restore_without_the_key_is_refused_in_one_line(stack, encrypted):
    said = stack.make("restore", f"FILE={encrypted}", status=2).splitlines()

    assert said[0].endswith("is encrypted: say also AGE_IDENTITY=<the file with its private key>")


def test_restore_with_another_key_leaves_the_database_unchanged(stack, encrypted):
    said = stack.make("restore", f"FILE={encrypted}", f"AGE_IDENTITY={stack.keys[0]}", status=2)

    assert "no identity matched any of the recipients" in said
    assert "the backup could not be restored; the old database is as it was" in said


def test_restore_with_the_key_brings_back_the_messages(stack, encrypted):
    said = stack.make("restore", f"FILE={encrypted}", f"AGE_IDENTITY={stack.keys[1]}")

    assert "Restored: " in said
    found = "SELECT count(*) FROM messaging_message WHERE content = 'In the encrypted backup'"
    assert stack.sql(found) == [["1"]]
