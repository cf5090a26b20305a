"""Mistakes that `make up` refuses, while the site continues."""

import pytest


@pytest.fixture
def running(stack, members):
    """Return the ids of the containers, and check after the test that they serve."""
    ids = stack.ids()
    yield ids
    assert stack.ids() == ids
    assert members[0].get("/chats/").status == 200


def test_password_of_another_database_is_refused(stack, running):
    path = stack.folder / "secrets/postgres_password"
    kept = path.read_text()
    path.chmod(0o644)
    path.write_text("another\n")
    try:
        said = stack.make("up", status=2)
    finally:
        path.write_text(kept)

    assert "is not the one of the role bobbin in the volume of PostgreSQL" in said
    assert "Bobbin is ready" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_WORKERS", "0"),
        ("WEB_WORKERS", "32"),
        ("LOG_IN_RATE", "60"),
        ("PUBLISH", "yes"),
        ("DOMAIN", "https://messages.example.org"),
        ("COMPOSE_PROFILES", "monitor"),
        ("BACKUP_SECONDS", "1d"),
        ("POSTGRES_MEMORY", "1"),
    ],
)
def test_wrong_setting_is_refused_by_its_name(stack, running, monkeypatch, name, value):
    monkeypatch.setitem(stack.env, name, value)

    said = stack.make("up", status=2)

    assert name in said
    assert "Bobbin is ready" not in said


def test_backups_in_place_of_a_file_are_refused(stack, running, monkeypatch):
    monkeypatch.setitem(stack.env, "BACKUPS", "./README.md")

    said = stack.make("up", status=2)

    assert "BACKUPS=./README.md cannot be created as a folder (File exists)" in said


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("secret_key", lambda text: "", "a new one would log out all members"),
        ("redis_url", lambda text: text.replace("\n", "\r\n"), "has line ends of Windows"),
    ],
)
def test_secret_that_is_empty_or_has_windows_line_ends_is_refused(stack, running, name, change, reason):
    path = stack.folder / "secrets" / name
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(change(kept.decode()).encode())
    try:
        said = stack.make("up", status=2)
    finally:
        path.write_bytes(kept)

    assert f"secrets/{name} " in said
    assert reason in said


def test_profile_https_without_a_domain_is_refused(stack, running):
    stack.env["COMPOSE_PROFILES"] = "https"
    try:
        said = stack.make("up", status=2)
    finally:
        del stack.env["COMPOSE_PROFILES"]

    assert "the profile https needs the host name of the site, such as DOMAIN=" in said


def test_image_that_cannot_be_downloaded_changes_nothing(stack, running):
    """An example is the image of Grafana while its registry does not answer."""
    before = stack.env.get("COMPOSE_FILE", "docker-compose.yml")
    (stack.folder / "missing.yml").write_text("services: {extra: {image: 127.0.0.1:9/missing:1}}\n")
    stack.env["COMPOSE_FILE"] = f"{before}:missing.yml"
    try:
        said = stack.make("up", status=2)
    finally:
        stack.env["COMPOSE_FILE"] = before

    assert "these images cannot be downloaded: 127.0.0.1:9/missing:1. Nothing was changed" in said


def test_upgrade_with_a_wrong_setting_replaces_nothing(stack, running):
    stack.env["LOG_IN_RATE"] = "60"
    try:
        said = stack.make("upgrade", status=2)
    finally:
        del stack.env["LOG_IN_RATE"]

    assert "the upgrade failed before anything was replaced" in said
    assert "rollback" not in said


def test_web_that_does_not_start_is_removed_with_its_last_lines(stack, running):
    path = stack.folder / "services/web/config/wsgi.py"
    kept = path.read_text()
    path.write_text(f'{kept}\nraise SystemExit("a module is missing")\n')
    try:
        said = stack.make("up", status=2)
    finally:
        path.write_text(kept)

    assert "The old version continues to serve" in said
    assert stack.compose("ps", "--all", "--format", "{{.ID}}", "web").split() == [running["web"]]


def test_changed_secret_of_redis_reaches_redis_and_web(stack, members):
    before = stack.ids()
    for name in ("redis_acl", "redis_url"):
        (stack.folder / "secrets" / name).unlink()

    assert "Bobbin is ready" in stack.make("up")

    after = stack.ids()
    assert {name for name in before if before[name] != after[name]} >= {"redis", "web", "events"}
    assert after["postgres"] == before["postgres"]
    assert '"ok"' in stack.python(
        "web", "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/readyz').read())"
    )


def test_host_name_that_the_published_address_does_not_serve_is_named(stack, monkeypatch):
    monkeypatch.setitem(stack.env, "ALLOWED_HOSTS", "messages.test")

    said = stack.make("up")

    assert f"for requests to the hosts in ALLOWED_HOSTS, such as http://messages.test:{stack.port}" in said
    monkeypatch.undo()
    stack.make("up")


def test_container_of_a_profile_that_is_taken_out_is_removed(stack):
    stack.compose("--profile", "monitoring", "up", "--detach", "--no-deps", "redis-exporter")
    before = stack.ids()

    said = stack.run("scripts/remove-unselected.sh")

    assert "Removing the container of redis-exporter" in said
    assert stack.ids() == {name: before[name] for name in before if name != "redis-exporter"}


def test_site_that_nginx_does_not_serve_is_not_called_ready(stack):
    stack.compose("stop", "nginx")
    try:
        said = stack.run("scripts/check-site.sh", status=1)
    finally:
        stack.compose("start", "nginx")

    assert "all containers run, but nginx answers" in said
