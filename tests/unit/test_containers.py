"""The compose file follows its rules for every service, including those that tests cannot start."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services/web"
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
# Set in the image, or only used in other run modes.
NOT_OF_COMPOSE = {
    "EVENTS_ORIGINS",
    "EVENTS_PORT",
    "POSTGRES_PORT",
    "POSTGRES_SSLMODE",
    "POSTGRES_SSLROOTCERT",
    "RELEASE",
    "STATIC_ROOT",
    "TRACES_PACKAGES",
}
# The compose file has no PgBouncer.
NOT_OF_COMPOSE |= {"TRANSACTION_POOLER"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.match(r"[1-9]\d*:\d+$|\$\{BACKUP_USER:-10001:", service["user"])
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"]["max-size"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_has_a_version(name):
    image, _, tag = SERVICES[name]["image"].partition(":")
    # The image of this checkout is built here, and has its version inside.
    assert re.search(r"\d", tag) or tag == "${RELEASE:-local}", image
    assert "latest" not in tag


def test_images_that_are_built_here_are_never_pulled():
    """A public registry could give the name to someone else, whose image would receive all secrets."""
    local = {name: s for name, s in SERVICES.items() if "build" in s or s["image"].startswith("localhost/")}

    assert {"web", "migrate", "events", "nginx", "caddy"} <= set(local)
    for service in local.values():
        assert service["image"].startswith("localhost/")
        assert service["pull_policy"] == "never"


def test_image_of_nginx_is_built_by_one_service():
    """Compose adds the name of the service to the image, so a second service would build another image."""
    image = SERVICES["nginx"]["image"]

    assert [name for name, service in SERVICES.items() if service["image"] == image] == ["nginx"]


def test_published_ports_are_on_loopback_except_those_of_caddy():
    ports = [
        port for name, service in SERVICES.items() if name != "caddy" for port in service.get("ports", ())
    ]

    assert ports
    assert [port for port in ports if not re.match(r"\$\{\w+:-127\.0\.0\.1:", port)] == []


def test_only_the_networks_of_the_reverse_proxy_and_of_notifications_reach_the_internet():
    open_ = [name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")]
    assert open_ == ["edge", "notifications"]
    notifying = {name for name, service in SERVICES.items() if "notifications" in service["networks"]}
    assert notifying == {"alertmanager", "blackbox-exporter"}
    assert {name for name, service in SERVICES.items() if "edge" in service["networks"]} == {
        "caddy",
        "nginx",
        "nginx-settings",
        "grafana",
    }


def test_every_service_waits_until_its_dependencies_are_healthy():
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            ends = "completed_successfully" if needed in {"migrate", "nginx-settings"} else "healthy"
            assert how["condition"] == f"service_{ends}"


def settings_read() -> set[str]:
    """Return the names that the settings read from the environment."""
    readers = re.findall(r"^def (\w+)\(name: str", (WEB / "config/environment.py").read_text(), re.M)
    code = "".join(path.read_text() for path in (WEB / "config").glob("*.py"))
    return set(re.findall(rf"\b(?:os\.environ\.get|{'|'.join(readers)})\(\s*['\"]([A-Z_]+)['\"]", code))


def test_every_setting_can_be_set_in_compose():
    given = {name.removesuffix("_FILE") for name in SERVICES["web"]["environment"]}
    missing = settings_read() - NOT_OF_COMPOSE - given

    assert {"CACHE_PAGES", "CONN_MAX_AGE", "ALLOWED_HOSTS", "SECRET_KEY", "LOG_LEVEL"} <= settings_read()
    assert not missing, f"add to x-web in docker-compose.yml, or to NOT_OF_COMPOSE in {__file__}: {missing}"
    assert not NOT_OF_COMPOSE - settings_read()
    assert not NOT_OF_COMPOSE & given


def test_every_variable_of_the_compose_file_is_documented():
    operations = (ROOT / "docs/operations.md").read_text()
    listed = {
        name
        for row in re.findall(r"^\| (`[A-Z_`, ]+) \|", operations, re.M)
        for name in re.findall(r"[A-Z_]{3,}", row)
    }
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) - listed == set()
    example = (ROOT / ".env.example").read_text()
    known = listed | set(SERVICES["web"]["environment"]) | {"COMPOSE_PROFILES", "COMPOSE_FILE"}
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.M)) - known == set()


def test_manifests_name_the_version_of_pyproject():
    """`kubectl apply -k` reads no other file. Everything else derives its version from pyproject.toml."""
    manifest = (ROOT / "k8s/base/kustomization.yaml").read_text()
    named = re.findall(r"name: localhost/bobbin/\w+, newTag: ([^}]+)|value: migrate-([\w.]+)", manifest)

    assert len(named) == 3
    assert {tag or job for tag, job in named} == {settings.VERSION}


def test_postgresql_has_room_for_every_connection():
    conf = (ROOT / "deploy/postgres/postgresql.conf").read_text()
    most = int(re.search(r"max_connections = (\d+)", conf)[1])
    workers, threads, probes = 8, 4, 8
    # Limit of the monitor; migrate, backup, counter audit and privacy probe; reserved for the superuser.
    others = 5 + 4 + 3
    during_an_upgrade = 2
    assert during_an_upgrade * (workers * threads + probes) + others < most


def test_base_images_have_a_version_and_all_or_none_have_a_digest():
    """Renovate adds the digests at its first run, and renews them (docs/decisions/0034-releases.md)."""
    files = [path.read_text() for path in (ROOT / "services").glob("*/Dockerfile")]
    bases = {base for text in files for base in re.findall(r"^FROM (\S+)", text, re.M)}

    assert [
        base for base in bases if not re.fullmatch(r"[\w./-]+:[\w.-]+(@sha256:[0-9a-f]{64})?", base)
    ] == []
    assert len({"@" in base for base in bases}) == 1
    assert len({base.partition("@")[0] for base in bases}) == len(bases), "one tag has two digests"
