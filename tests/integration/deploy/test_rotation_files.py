"""The files and statements of `make rotate`, which a rotation on Kubernetes uses one by one."""

import os
import subprocess

import pytest

from tests.support.database_server import database_server
from tests.support.repository import ROOT


@pytest.fixture
def secrets(tmp_path):
    """Return a folder of secrets, one of them without a line end."""
    folder = tmp_path / "secrets"
    _run("secrets.sh", folder=folder)
    folder.chmod(0o700)
    (folder / "postgres_password").unlink()
    (folder / "postgres_password").write_text("present")
    return folder


def _run(script, *arguments, folder, status=0):
    done = subprocess.run(
        [ROOT / "scripts" / script, *arguments],
        env=os.environ | {"BOBBIN_SECRETS": str(folder)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def _rotate(*arguments, folder, status=0):
    return _run("rotate.sh", *arguments, folder=folder, status=status)


def _lines(folder, name):
    return (folder / name).read_text().splitlines()


def test_each_step_keeps_a_secret_that_the_step_before_knows(secrets):
    key = _lines(secrets, "secret_key")[0]
    _rotate("prepare", folder=secrets)

    _rotate("install", "1", folder=secrets)
    present, following = _lines(secrets, "postgres_password")
    known, following_key = _lines(secrets, "secret_key")
    assert (present, known) == ("present", key)

    _rotate("install", "2", folder=secrets)
    assert _lines(secrets, "postgres_password") == [following]
    assert _lines(secrets, "secret_key") == [following_key, key]
    password = _lines(secrets, "redis_url")[0].removeprefix("redis://bobbin:").partition("@")[0]
    assert f">{password} " in (secrets / "redis_acl").read_text()

    _rotate("install", "3", folder=secrets)
    assert f"user bobbin on >{password} ~* " in (secrets / "redis_acl").read_text()


def test_previous_keys_stay_known_until_the_new_one_is_used(secrets):
    (secrets / "secret_key").unlink()
    (secrets / "secret_key").write_text("present\nprevious\n")
    _rotate("prepare", folder=secrets)

    _rotate("install", "1", folder=secrets)
    known = _lines(secrets, "secret_key")
    assert (known[0], known[2]) == ("present", "previous")

    _rotate("install", "2", folder=secrets)
    assert _lines(secrets, "secret_key") == [known[1], "present"]


def test_second_preparation_is_refused(secrets):
    _rotate("prepare", folder=secrets)
    assert "is not finished" in _rotate("prepare", folder=secrets, status=1)


def test_statements_change_the_password_of_each_role_that_exists(secrets, django_db_setup, django_db_blocker):
    _rotate("prepare", folder=secrets)
    with django_db_blocker.unblock(), database_server() as server:
        server.sql("REVOKE CONNECT ON DATABASE bobbin FROM bobbin_monitor")
        server.sql("DROP OWNED BY bobbin_monitor; DROP ROLE bobbin_monitor")
        passwords = (
            "SELECT rolname, rolpassword FROM pg_authid WHERE rolname ~ '^(bobbin|postgres)' ORDER BY 1"
        )
        before = dict(server.sql(passwords))
        (server.folder / "change.sql").write_text(_rotate("statements", folder=secrets))
        server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", "change.sql")
        after = dict(server.sql(passwords))

    assert list(after) == ["bobbin", "bobbin_owner", "postgres"]
    assert [role for role in after if after[role] == before[role]] == []
