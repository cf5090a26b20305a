"""A wrong environment stops the start with one line that names the setting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WEB = Path(__file__).parents[3] / "services/web"
GOOD = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "bobbin.example",
    "POSTGRES_HOST": "db",
    "POSTGRES_PASSWORD": "p",
    "REDIS_URL": "redis://cache:6379/0",
}


def _check(**changes: str | None):
    """Run `manage.py check` with a good environment and these changes; None takes a variable away."""
    environment = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=WEB,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_the_deployment_check():
    done = _check()

    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (2 silenced).")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": None}, "set SECRET_KEY, or SECRET_KEY_FILE"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 50"),
        (
            {"SECRET_KEY_FILE": "/nonexistent", "SECRET_KEY": None},
            "SECRET_KEY_FILE=/nonexistent cannot be read",
        ),
        ({"SECRET_KEY_FILE": "/etc/hostname"}, "both SECRET_KEY and SECRET_KEY_FILE are set"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"POSTGRES_HOST": None}, "POSTGRES_HOST"),
        ({"POSTGRES_PASSWORD": None}, "set POSTGRES_PASSWORD"),
        ({"REDIS_URL": None}, "set REDIS_URL"),
        ({"REDIS_URL": "http://cache"}, "REDIS_URL"),
        ({"HTTPS": "perhaps"}, "HTTPS"),
        ({"DEBUG": "nope!"}, "DEBUG"),
        ({"POSTGRES_PORT": "many"}, "POSTGRES_PORT"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'LOUD'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml'"),
        ({"HSTS_SUBDOMAINS": "some"}, "HSTS_SUBDOMAINS"),
        ({"POSTGRES_SSLMODE": "verify"}, "POSTGRES_SSLMODE is 'verify'"),
        ({"POSTGRES_SSLMODE": "allow"}, "POSTGRES_SSLMODE is 'allow'"),
        ({"POSTGRES_SSLMODE": ""}, "POSTGRES_SSLMODE is ''"),
        ({"POSTGRES_SSLMODE": "verify-full"}, "set POSTGRES_SSLROOTCERT"),
        (
            {"POSTGRES_SSLMODE": "verify-ca", "POSTGRES_SSLROOTCERT": "/nonexistent"},
            "POSTGRES_SSLROOTCERT=/nonexistent cannot be read",
        ),
        (
            {"POSTGRES_SSLMODE": "require", "POSTGRES_SSLROOTCERT": "system"},
            "needs POSTGRES_SSLMODE=verify-full",
        ),
        ({"POSTGRES_SSLMODE": "require", "POSTGRES_HOST": "/run/postgresql"}, "have no TLS"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(changes, said):
    done = _check(**changes)

    assert done.returncode == 1
    assert done.stderr.startswith("Bobbin cannot start: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_secret_comes_from_a_file(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("0123456789abcdef" * 4 + "\n")

    assert _check(SECRET_KEY=None, SECRET_KEY_FILE=str(secret)).returncode == 0


def test_a_socket_needs_no_password():
    assert _check(POSTGRES_HOST="/run/postgresql", POSTGRES_PASSWORD=None).returncode == 0
