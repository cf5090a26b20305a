"""An invalid environment prevents the start, with one line that names the setting."""

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
    """Run `manage.py check` with a valid environment and these changes. None removes a variable."""
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
        ({"SECRET_KEY": "0123456789abcdef" * 4 + "\nshort"}, "SECRET_KEY is shorter than 50"),
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
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml'"),
        (
            {"SITE_TIME_ZONE": "Berlin"},
            "SITE_TIME_ZONE is 'Berlin'; it must be a time zone of the IANA database",
        ),
        ({"SITE_TIME_ZONE": "../../etc/passwd"}, "SITE_TIME_ZONE is '../../etc/passwd'"),
        ({"SITE_TIME_ZONE": "Europe"}, "SITE_TIME_ZONE is 'Europe'"),
        ({"SITE_TIME_ZONE": ""}, "SITE_TIME_ZONE is empty"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
            "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4318'",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "TRACES_PACKAGES": "/nonexistent"},
            "TRACES_PACKAGES=/nonexistent has no OpenTelemetry",
        ),
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


PORT = "a whole number from {} to 65535 ({} when it is not set)."
ANY = "a whole number from 0 to 2147483647 ({} when it is not set)."
HOSTS = "host names without scheme and port, separated by commas, such as bobbin.example,localhost."
ORIGINS = "origins with their scheme, separated by commas, such as https://bobbin.example."


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("HTTPS", "perhaps", "true or false (true when it is not set)."),
        ("DEBUG", "", "true or false (false when it is not set)."),
        ("POSTGRES_PORT", "many", PORT.format(1, 5432)),
        ("POSTGRES_PORT", "0", PORT.format(1, 5432)),
        ("EVENTS_PORT", "65536", PORT.format(0, 0)),
        ("LIMIT_READS", "-1", ANY.format(1200)),
        ("LIMIT_STREAMS", "1.5", ANY.format(120)),
        ("STATEMENT_TIMEOUT_MS", "2147483648", ANY.format(30000)),
        ("LOCK_TIMEOUT_MS", "-4", ANY.format(0)),
        ("CONN_MAX_AGE", "-1", ANY.format(60)),
        ("PROXY_COUNT", "two", ANY.format(0)),
        ("ALLOWED_HOSTS", "", HOSTS),
        ("ALLOWED_HOSTS", "https://bobbin.example", HOSTS),
        ("ALLOWED_HOSTS", "localhost,bobbin.example:8000", HOSTS),
        ("ALLOWED_HOSTS", "[::1]:8000", HOSTS),
        ("CSRF_TRUSTED_ORIGINS", "messages.example.org", ORIGINS),
        ("EVENTS_ORIGINS", "http://localhost:8000/", ORIGINS),
    ],
)
def test_a_refused_setting_names_its_value_and_the_values_that_it_can_have(name, value, wanted):
    done = _check(**{name: value})

    assert done.stderr == f"Bobbin cannot start: {name} is {value!r}; it must be {wanted}\n"


@pytest.mark.parametrize("name", ["POSTGRES_HOST", "POSTGRES_DB", "POSTGRES_USER", "RELEASE", "STATIC_ROOT"])
def test_an_empty_setting_is_refused_by_its_name(name):
    said = f"Bobbin cannot start: {name} is empty; set it, or remove it for its default.\n"

    assert _check(**{name: ""}).stderr == said


def test_session_days_that_contradict_each_other_are_both_named():
    said = _check(SESSION_IDLE_DAYS="30", SESSION_ABSOLUTE_DAYS="20").stderr

    assert "SESSION_IDLE_DAYS is 30 and SESSION_ABSOLUTE_DAYS is 20; 2 <= " in said


def test_hosts_and_origins_may_be_separated_by_commas_with_blanks():
    done = _check(
        ALLOWED_HOSTS="bobbin.example, .example.org, [::1],", CSRF_TRUSTED_ORIGINS=" https://*.example.org"
    )

    assert done.returncode == 0


def test_a_secret_comes_from_a_file(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("0123456789abcdef" * 4 + "\n")

    assert _check(SECRET_KEY=None, SECRET_KEY_FILE=str(secret)).returncode == 0


def test_previous_keys_follow_the_secret_key_on_lines_of_their_own(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("\n".join(f"{letter}123456789abcdef" * 4 for letter in "xyz") + "\n")

    assert _check(SECRET_KEY=None, SECRET_KEY_FILE=str(secret)).returncode == 0


def test_a_socket_needs_no_password():
    assert _check(POSTGRES_HOST="/run/postgresql", POSTGRES_PASSWORD=None).returncode == 0
