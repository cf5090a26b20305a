"""Each object against the schema of its kind."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import yaml

from manifests.rendering import INFRA, ROOT, name, of_kind

NEWEST = "1.37"
# Kinds of operators: their schemas come as packages (tests/k8s/crds).
OF_OPERATORS = re.compile(r"^(monitoring\.coreos\.com|gateway\.networking\.k8s\.io|external-secrets\.io)/")
CLOUDNATIVE_PG = re.compile(r"^(postgresql|barmancloud)\.cnpg\.io/")


def check(objects: list[dict]) -> list[str]:
    return built_in(objects) + rules(objects) + cloudnative_pg(objects)


def built_in(objects: list[dict]) -> list[str]:
    """Strictly: a field that is not known is a typo."""
    own = [
        found
        for found in objects
        if not (OF_OPERATORS.match(found["apiVersion"]) or CLOUDNATIVE_PG.match(found["apiVersion"]))
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all.yaml")
        file.write_text(yaml.safe_dump_all(own))
        done = subprocess.run(
            [INFRA / "bin/kubernetes-validate", "--strict", "--quiet", "-k", NEWEST, file],
            capture_output=True,
            text=True,
            check=False,
        )
    said = (done.stdout + done.stderr).replace(str(file), "").strip()
    return [said] if done.returncode or said else []


def of_operators(objects: list[dict]) -> list[str]:
    """What the schemas of operators say; npm brings them."""
    theirs = [found for found in objects if OF_OPERATORS.match(found["apiVersion"])]
    done = subprocess.run(
        ["node", ROOT / "tests/k8s/crds/validate.mjs", INFRA / "crds"],
        input=json.dumps(theirs),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines() if done.returncode == 0 else [done.stderr.strip()]


def cloudnative_pg(objects: list[dict]) -> list[str]:
    """Their fields by name, at least."""
    known = yaml.safe_load((ROOT / "tests/k8s/crds/cloudnative-pg.yaml").read_text())
    return [
        f"{name(found)}: {field} is no field that we know"
        for found in objects
        if CLOUDNATIVE_PG.match(found["apiVersion"])
        for field in _fields(found["spec"])
        if not any(fnmatch(field, pattern) for pattern in known[found["kind"]])
    ]


def _fields(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _fields(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(below, dict) for below in value):
        for below in value:
            yield from _fields(below, path)
    else:
        yield path


def rules(objects: list[dict]) -> list[str]:
    """A PrometheusRule's schema takes any key: Prometheus itself does not."""
    problems = []
    for found in of_kind(objects, "PrometheusRule"):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump(found["spec"], file)
            file.flush()
            done = subprocess.run(
                ["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False
            )
        if done.returncode:
            problems.append(f"PrometheusRule {found['metadata']['name']}: {done.stdout}{done.stderr}")
    return problems
