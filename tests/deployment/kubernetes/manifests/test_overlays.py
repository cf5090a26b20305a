"""Every overlay, and base with every component, passes all checks."""

import json
import re
import subprocess

import pytest
import yaml

from tests.deployment.kubernetes.manifests.checks import (
    connections,
    memory,
    network,
    pods,
    schemas,
    settings,
    streams,
    wiring,
)
from tests.deployment.kubernetes.manifests.checks.rendering import (
    INFRA,
    ROOT,
    copy_of_the_tree,
    of_kind,
    render,
)
from tests.deployment.kubernetes.manifests.checks.rendering import pods as all_pods

RULES = (schemas, pods, wiring, network, settings, connections, memory, streams)
COMPONENTS = sorted(folder.name for folder in (ROOT / "k8s/components").iterdir())
# Components that each one requires. Autoscaling needs more connections than one PostgreSQL has.
NEEDS = {
    "autoscaling": ["cloudnative-pg"],
    "autoscaling-streams": ["cloudnative-pg"],
    "exporters": ["network-policies"],
    "external-postgres": ["network-policies"],
    "external-redis": ["network-policies"],
    "external-secrets-cloudnative-pg": ["cloudnative-pg"],
    "network-policies-cloudnative-pg": ["network-policies", "cloudnative-pg"],
    "monitoring": ["network-policies", "exporters", "postgres-exporter"],
    "monitoring-cloudnative-pg": ["cloudnative-pg"],
    "postgres-exporter": ["network-policies"],
    "prometheus": ["network-policies", "exporters", "postgres-exporter"],
    "traces": ["network-policies"],
}
# The labels that overlays give every object.
LABELS = {"app.kubernetes.io/instance": "bobbin", "app.kubernetes.io/part-of": "bobbin"}
CHECKOV = ["--framework=kubernetes", "--skip-download", "--output=json", "--compact", "--quiet"]
# Accepted findings of Checkov, with the reason.
EXCEPTIONS = {
    "CKV_K8S_9": "metrics has no readiness: pages are as good without it",
    "CKV_K8S_11": "no limits of CPU: throttled, a page is slow while the node has nothing to do",
    "CKV_K8S_15": "a version is pulled once: the same tag is the same image",
    "CKV_K8S_40": "postgres, redis and nginx have the users of their images; files on volumes belong to them",
    "CKV_K8S_43": "digests are for overlays: an image that you build has another one",
}


@pytest.mark.parametrize("rules", RULES, ids=lambda module: module.__name__)
def test_overlay_passes_all_checks(overlay, rules):
    assert rules.check(overlay) == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_base_with_a_component_passes_all_checks(component, tree):
    objects = render(with_components(tree, [*NEEDS.get(component, []), component]))

    assert [problem for rules in RULES for problem in rules.check(objects)] == []


def test_restore_job_passes_all_checks(tree, local):
    """The Job is applied in addition to base, and uses its account, volume and Secret."""
    job = of_kind(render(tree / "k8s/restore"), "Job")
    objects = local + job

    assert [problem for rules in RULES for problem in rules.check(objects)] == []
    images = {
        container["image"] for found in job for container in found["spec"]["template"]["spec"]["containers"]
    }
    assert images == {"postgres:" + tag_of(local, "postgres")}


def test_every_kind_of_an_operator_matches_its_schema(tree):
    components = ["cloudnative-pg", "autoscaling-streams", "external-secrets", "gateway", "monitoring"]
    objects = render(with_components(tree, components))

    assert schemas.of_operators(objects) == []
    kinds = {found["kind"] for found in objects if schemas.OF_OPERATORS.match(found["apiVersion"])}
    assert kinds == {
        *("Cluster", "ObjectStore", "Pooler", "ScheduledBackup"),
        *("ExternalSecret", "HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject"),
    }


def test_secret_of_the_bucket_has_the_keys_of_the_object_store(tree):
    objects = render(with_components(tree, ["cloudnative-pg", "external-secrets-cloudnative-pg"]))
    (secret,), (store,) = of_kind(objects, "ExternalSecret"), of_kind(objects, "ObjectStore")

    created = {(secret["spec"]["target"]["name"], entry["secretKey"]) for entry in secret["spec"]["data"]}
    used = store["spec"]["configuration"]["s3Credentials"].values()
    assert created == {(entry["name"], entry["key"]) for entry in used}


def test_manifest_of_a_recovery_matches_the_schema_of_the_operator():
    manifest = yaml.safe_load((ROOT / "k8s/restore/cloudnative-pg/cluster.yaml").read_text())

    assert schemas.of_operators([manifest]) == []


def test_checkov_finds_nothing_else(tree, tmp_path, local, production):
    for name, objects in (("local", local), ("production", production)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump_all(objects))
    done = subprocess.run(
        [INFRA / "bin/checkov", *CHECKOV, "--skip-check", ",".join(EXCEPTIONS), "--directory", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)

    failed = [f"{found['check_id']} {found['resource']}" for found in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] > 400


def test_images_are_those_of_compose(tree):
    objects = render(
        with_components(tree, ["network-policies", "exporters", "postgres-exporter", "prometheus"])
    )
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    rendered = {container["image"] for pod in all_pods(objects) for container in pod.containers}
    composed = {re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"]) for service in compose.values()}
    assert {built(image) for image in rendered} <= {built(image) for image in composed}


def built(image: str) -> str:
    """Return our own images without their tag: Compose rebuilds under one tag, a registry must not."""
    return image.split(":")[0] if image.startswith("localhost/bobbin/") else image


def test_rules_for_the_operator_are_those_of_prometheus(tmp_path):
    made = tmp_path / "rules.yaml"
    subprocess.run([ROOT / "scripts/k8s-rules.sh", made], check=True)

    kept = ROOT / "k8s/components/monitoring/prometheusrules.yaml"
    assert kept.read_text() == made.read_text(), "run scripts/k8s-rules.sh"


def test_component_prometheus_has_every_rule(tree):
    objects = render(
        with_components(tree, ["network-policies", "exporters", "postgres-exporter", "prometheus"])
    )
    (server,) = [
        found for found in of_kind(objects, "StatefulSet") if found["metadata"]["name"] == "prometheus"
    ]
    sources = server["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]

    paths = {item["path"] for source in sources for item in source["configMap"].get("items", [])}
    mounted = {path.removeprefix("rules/") for path in paths if path.startswith("rules/")}
    assert mounted == {path.name for path in (ROOT / "deploy/prometheus/rules").glob("*.yml")}


def test_every_dashboard_is_in_a_configmap_with_the_label_of_grafana(production):
    found = of_kind(production, "ConfigMap")
    shown = {
        key
        for entry in found
        if entry["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
        for key in entry["data"]
    }

    assert shown == {path.name for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")}


def test_repository_contains_no_secret(production):
    tracked = subprocess.run(["git", "ls-files", "k8s"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not [path for path in tracked.stdout.splitlines() if "/secrets/" in path]
    assert of_kind(production, "Secret") == []


def test_connection_budgets_are_those_of_the_documents(production, local):
    """docs/scaling.md contains the same numbers; change them there too."""
    assert connections.budget_of(local) == (48, 87, False, 0, 0)
    assert connections.budget_of(production) == (268, 1000, True, 126, 187)


def with_components(tree, components: list[str]):
    folder = tree / "k8s/overlays" / "-".join(["with", *components])
    folder.mkdir(exist_ok=True)
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "namespace": "bobbin",
                "labels": [{"pairs": LABELS}],
                "resources": ["../../base"],
                "components": [f"../../components/{name}" for name in components],
                "configMapGenerator": [
                    {
                        "name": "settings",
                        "behavior": "merge",
                        "literals": ["ALLOWED_HOSTS=messages.example.org"],
                    }
                ],
            }
        )
    )
    return folder


def tag_of(objects: list[dict], name: str) -> str:
    found = next(entry for entry in of_kind(objects, "StatefulSet") if entry["metadata"]["name"] == name)
    return found["spec"]["template"]["spec"]["containers"][0]["image"].removeprefix(f"{name}:")


def tag_of_web(objects: list[dict]) -> str:
    (web,) = [entry for entry in of_kind(objects, "Deployment") if entry["metadata"]["name"] == "web"]
    return web["spec"]["template"]["spec"]["containers"][0]["image"].split(":")[-1]


def test_a_changed_script_of_initdb_does_not_restart_postgres(tmp_path, local):
    tree = copy_of_the_tree(tmp_path)
    script = tree / "deploy/postgres/initdb.d/10-roles.sh"
    script.write_text(script.read_text() + "# A change.\n")

    changed = render(tree / "k8s/overlays/local")

    assert of_kind(changed, "ConfigMap") != of_kind(local, "ConfigMap")
    assert of_kind(changed, "StatefulSet") == of_kind(local, "StatefulSet")
