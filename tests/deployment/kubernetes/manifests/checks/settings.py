"""Each process has all settings that it needs to start, no unknown ones, and probes that it answers."""

import functools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.deployment.kubernetes.manifests.checks.rendering import ROOT, Pod, of_kind, pods

DJANGO = re.compile(r"(^|/)bobbin/web[:@]")
NGINX = re.compile(r"(^|/)bobbin/nginx[:@]")
# Variables that packages (gunicorn among them) or processes without Django read.
NOT_OF_DJANGO = {
    "FORWARDED_ALLOW_IPS",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "PROMETHEUS_MULTIPROC_DIR",
}
# Requests like those of the kubelet: by IP address, over plain HTTP.
REQUEST = """
import json, sys, django
django.setup()
from django.test import Client
def ask(path):
    try:
        return Client().get(path, headers={"host": "10.0.0.7:8000"}).status_code
    except Exception as error:  # Such as a page that wants static files, which are in the image alone.
        return type(error).__name__
print(json.dumps({path: ask(path) for path in sys.argv[1:]}))
"""
# /readyz returns 503 without PostgreSQL. The kubelet would accept a redirect as healthy.
HONEST = {200, 503}
SECRETS = "/run/secrets/"
USUAL = {"/healthz", "/readyz"}


def check(objects: list[dict]) -> list[str]:
    maps = {found["metadata"]["name"]: found.get("data", {}) for found in of_kind(objects, "ConfigMap")}
    problems = []
    for pod in pods(objects):
        for container in pod.containers:
            given = variables(container, maps)
            problems += [f"{pod}: {container['name']}: {text}" for text in unknown(container, given)]
            if DJANGO.search(container["image"]) and "observability.serve" not in container.get(
                "command", []
            ):
                problems += [f"{pod}: {container['name']}: {text}" for text in starts(pod, container, given)]
            if NGINX.search(container["image"]) and of_kind(objects, "Ingress", "HTTPRoute"):
                problems += [f"{pod}: {text}" for text in trusts_a_proxy(given)]
    return problems


def variables(container: dict, maps: dict[str, dict]) -> dict[str, str]:
    given: dict[str, str] = {}
    for source in container.get("envFrom", []):
        given |= maps.get(source["configMapRef"]["name"], {})
    return given | {entry["name"]: entry["value"] for entry in container.get("env", []) if "value" in entry}


def unknown(container: dict, given: dict[str, str]) -> Iterator[str]:
    """Yield settings that no code reads, which are typos."""
    if DJANGO.search(container["image"]):
        known = words_of("services/web", "*.py") | NOT_OF_DJANGO
    elif NGINX.search(container["image"]):
        known = words_of("services/nginx", "*")
    else:
        return
    for variable in given:
        if not {variable, variable.removesuffix("_FILE")} & known:
            yield f"nothing reads the setting {variable}"


def trusts_a_proxy(given: dict[str, str]) -> Iterator[str]:
    """Behind a proxy that nginx does not trust, every page redirects to itself."""
    entries = given.get("TRUSTED_PROXY", "").replace(",", " ").split()
    if not [entry for entry in entries if not entry.startswith(("127.", "::1"))]:
        yield "TRUSTED_PROXY does not contain the proxy in front of it"


@functools.cache
def words_of(folder: str, pattern: str) -> set[str]:
    files = [path for path in (ROOT / folder).rglob(pattern) if path.is_file()]
    return {word for path in files for word in re.findall(r"\b[A-Z][A-Z_]{3,}\b", path.read_text())}


def starts(pod: Pod, container: dict, given: dict[str, str]) -> Iterator[str]:
    """Load the real settings with exactly these variables, and request the paths of the probes."""
    paths = {
        container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        if "httpGet" in container.get(probe, {})
    }
    mounted = set(mounted_secrets(pod, container))
    given = {name: value for name, value in given.items() if name not in NOT_OF_DJANGO}
    for setting, path in given.items():
        if path.startswith(SECRETS) and path not in mounted:
            yield f"{setting} is {path}, where nothing is mounted"
            return
    # Always include the usual paths, so that containers with equal settings share one cached process.
    status, said = _answers(tuple(sorted(given.items())), tuple(sorted(paths | USUAL)))
    if status:
        yield said
        return
    for path, code in json.loads(said).items():
        if path in paths and code not in HONEST:
            yield f"{path} answers the kubelet with {code}"


@functools.cache
def _answers(given: tuple, paths: tuple) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        env = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "CRITICAL"}
        env["TRACES_PACKAGES"] = str(next(ROOT.glob(".venv-traces/lib/python3*/site-packages")))
        for setting, value in given:
            env[setting] = value
            if value.startswith(SECRETS):
                secret = Path(folder, Path(value).name)
                # One value that is valid as a password, as a key of 50 characters and as an address.
                secret.write_text("redis://redis:6379/0?" + "0" * 50)
                env[setting] = str(secret)
        done = subprocess.run(
            [sys.executable, "-c", REQUEST, *paths],
            cwd=ROOT / "services/web",
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def mounted_secrets(pod: Pod, container: dict) -> Iterator[str]:
    """Yield the full paths of the mounted files of Secrets."""
    volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        volume = volumes.get(mount["name"], {})
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            for item in source.get("secret", {}).get("items", []):
                yield f"{mount['mountPath']}/{item['path']}"
