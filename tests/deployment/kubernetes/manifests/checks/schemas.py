"""Validates each object against the schema of its kind."""

import functools
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.deployment.kubernetes.manifests.checks.rendering import INFRA, ROOT, of_kind, to_yaml

NEWEST = "1.37"
# Kinds of operators, whose schemas are in npm packages (scripts/k8s-tools.sh).
OF_OPERATORS = re.compile(
    r"^(monitoring\.coreos\.com|gateway\.networking\.k8s\.io|external-secrets\.io"
    r"|keda\.sh|postgresql\.cnpg\.io|barmancloud\.cnpg\.io)/"
)


def check(objects: list[dict]) -> list[str]:
    return built_in(objects) + of_operators(objects) + rules(objects)


def of_new_ones(check: Callable[[list[dict]], list[str]]) -> Callable[[list[dict]], list[str]]:
    """Make a check skip objects that passed before, since overlays share most of their objects."""
    right: set[str] = set()

    @functools.wraps(check)
    def check_new(objects: list[dict]) -> list[str]:
        new = {json.dumps(found): found for found in objects}
        new = {text: found for text, found in new.items() if text not in right}
        problems = check(list(new.values())) if new else []
        if not problems:
            right.update(new)
        return problems

    return check_new


@of_new_ones
def built_in(objects: list[dict]) -> list[str]:
    """Validate built-in kinds strictly, so that an unknown field is an error."""
    own = [found for found in objects if not OF_OPERATORS.match(found["apiVersion"])]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all.yaml")
        file.write_text(to_yaml(own))
        done = subprocess.run(
            [INFRA / "bin/kubernetes-validate", "--strict", "--quiet", "-k", NEWEST, file],
            capture_output=True,
            text=True,
            check=False,
        )
    said = (done.stdout + done.stderr).replace(str(file), "").strip()
    return [said] if done.returncode or said else []


@of_new_ones
def of_operators(objects: list[dict]) -> list[str]:
    """Validate kinds of operators strictly, with schemas from npm."""
    of_operator_kinds = [found for found in objects if OF_OPERATORS.match(found["apiVersion"])]
    if not of_operator_kinds:
        return []
    done = subprocess.run(
        ["node", ROOT / "tests/deployment/kubernetes/manifests/validate.mjs", INFRA / "crds"],
        input=json.dumps(of_operator_kinds),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines() if done.returncode == 0 else [done.stderr.strip()]


@of_new_ones
def rules(objects: list[dict]) -> list[str]:
    """Check rules with promtool, since the schema of PrometheusRule allows any key."""
    problems = []
    for found in of_kind(objects, "PrometheusRule"):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(to_yaml([found["spec"]]))
            file.flush()
            done = subprocess.run(
                ["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False
            )
        if done.returncode:
            problems.append(f"PrometheusRule {found['metadata']['name']}: {done.stdout}{done.stderr}")
    return problems
