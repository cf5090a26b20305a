"""The Helm chart renders the same objects as kustomize, and refuses wrong values."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deployment.kubernetes.manifests.checks.rendering import ROOT, render
from tests.deployment.kubernetes.manifests.test_overlays import COMPONENTS, NEEDS, tag_of_web, with_components

CHART = ROOT / "charts/bobbin"
# The namespace exists before a release, and secrets are in no chart.
NOT_IN_THE_CHART = {"Namespace", "Secret"}
# A hash of the content, which kustomize computes differently.
HASH = re.compile(r"^([a-z-]+)-[a-z0-9]{10}$")
OF_BASE = {
    "hosts": ["messages.example.org"],
    "settings": {"HTTPS": "true"},
    "replicas": {"web": 2, "nginx": 2},
}


def test_default_values_render_the_objects_of_the_local_overlay(local):
    assert by_name(helm()) == by_name(local)


def test_production_values_render_the_objects_of_the_production_overlay(production):
    assert by_name(helm(CHART / "values-production.yaml")) == by_name(production)


@pytest.mark.parametrize("component", COMPONENTS)
def test_chart_with_a_component_renders_the_objects_of_kustomize(component, tree, tmp_path):
    components = [*NEEDS.get(component, []), component]
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(OF_BASE | {"components": components, "patches": []}))

    assert by_name(helm(values)) == by_name(render(with_components(tree, components)))


def test_configmap_has_another_name_after_a_change():
    """Otherwise a changed setting would not restart the pods."""
    before, after = (
        names_of_settings(helm("--set", f"settings.LOG_LEVEL={level}")) for level in ("INFO", "DEBUG")
    )

    assert before.isdisjoint(after)
    assert len(before) == len(after) == 1


def test_release_name_namespace_and_image_of_the_values_are_used():
    image = "images.localhost/bobbin/web.newTag=9.9.9"
    (job,) = [found for found in helm("--namespace=chat", "--set", image) if found["kind"] == "Job"]

    assert job["metadata"]["name"] == "migrate-9.9.9"
    assert job["metadata"]["namespace"] == "chat"


def test_autoscalers_query_the_series_of_the_namespace_of_the_release():
    objects = helm(CHART / "values-production.yaml", "--namespace=chat")

    queries = {
        found["spec"]["triggers"][0]["metadata"]["query"]
        for found in objects
        if found["kind"] == "ScaledObject"
    }
    assert queries == {'sum(bobbin_event_streams_open{namespace="chat"})'}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("components={ingres}", "components/0"),
        ("component={ingress}", "component"),
        ("settings.SIGN_UP_OPEN=false", "settings/SIGN_UP_OPEN"),
        ("hosts={https://messages.example.org}", "hosts/0"),
        ("replicas.web=-1", "replicas/web"),
    ],
)
def test_wrong_value_is_refused_with_its_name(values, said):
    done = run("template", "bobbin", CHART, "--set", values)

    assert done.returncode
    assert said in done.stderr.split("schema", 1)[1]


def test_helm_lint_finds_nothing():
    for values in ("values.yaml", "values-production.yaml"):
        done = run("lint", "--strict", CHART, "--values", CHART / values)
        assert done.returncode == 0, done.stdout + done.stderr


def test_package_contains_the_manifests_and_no_secret(tmp_path):
    assert run("package", CHART, "--destination", tmp_path).returncode == 0
    (package,) = tmp_path.iterdir()
    listed = subprocess.run(["tar", "tzf", package], capture_output=True, text=True, check=True).stdout

    assert "bobbin/files/base/web/deployment.yaml" in listed
    assert "/secrets/" not in listed


def test_version_of_the_chart_is_the_release(local):
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["version"] == chart["appVersion"] == tag_of_web(local)


def run(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [os.environ["HELM"], *map(str, arguments)], capture_output=True, text=True, check=False
    )


def helm(*arguments: object) -> list[dict]:
    values = [part for path in arguments if isinstance(path, Path) for part in ("--values", path)]
    others = [part for part in arguments if not isinstance(part, Path)]
    done = run("template", "bobbin", CHART, "--namespace=bobbin", *values, *others)
    assert done.returncode == 0, done.stderr
    return [found for found in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if found]


def by_name(objects: list[dict]) -> dict[tuple[str, str], dict]:
    """Return the objects without hashes, by kind and name."""
    found = [without_hashes(entry) for entry in objects if entry["kind"] not in NOT_IN_THE_CHART]
    return {(entry["kind"], entry["metadata"]["name"]): entry for entry in found}


def without_hashes(entry):
    if isinstance(entry, dict):
        return {
            key: HASH.sub(r"\1", value) if key == "name" and isinstance(value, str) else without_hashes(value)
            for key, value in entry.items()
        }
    return [without_hashes(value) for value in entry] if isinstance(entry, list) else entry


def names_of_settings(objects: list[dict]) -> set[str]:
    names = {entry["metadata"]["name"] for entry in objects if entry["kind"] == "ConfigMap"}
    return {name for name in names if name.startswith("settings-")}
