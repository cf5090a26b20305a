"""What every overlay must be, and base with every component, whoever it is for."""

import json
import re
import subprocess

import pytest
import yaml
from manifests import connections, memory, network, pods, schemas, settings, wiring
from manifests.rendering import INFRA, ROOT, of_kind, render
from manifests.rendering import pods as all_pods

RULES = (schemas, pods, wiring, network, settings, connections, memory)
COMPONENTS = sorted(folder.name for folder in (ROOT / "k8s/components").iterdir())
# What it stands after. Autoscaling: more web than one PostgreSQL has connections for.
NEEDS = {
    "autoscaling": ["cloudnative-pg"],
    "exporters": ["network-policies"],
    "external-postgres": ["network-policies"],
    "external-redis": ["network-policies"],
    "network-policies-cloudnative-pg": ["network-policies", "cloudnative-pg"],
    "prometheus": ["network-policies", "exporters"],
}
CHECKOV = ["--framework=kubernetes", "--skip-download", "--output=json", "--compact", "--quiet"]
# Whatever stands here is wanted, for this reason.
EXCEPTIONS = {
    "CKV_K8S_9": "metrics has no readiness: pages are as good without it",
    "CKV_K8S_11": "no limits of CPU: throttled, a page is slow while the node has nothing to do",
    "CKV_K8S_15": "a version is pulled once: the same tag is the same image",
    "CKV_K8S_40": "postgres, redis and nginx have the users of their images; files on volumes belong to them",
    "CKV_K8S_43": "digests are for overlays: an image that you build has another one",
}


@pytest.mark.parametrize("rules", RULES, ids=lambda module: module.__name__)
def test_an_overlay_is_right(overlay, rules):
    assert rules.check(overlay) == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_base_with_a_component_is_right(component, tree):
    objects = render(with_components(tree, [*NEEDS.get(component, []), component]))

    assert [problem for rules in RULES for problem in rules.check(objects)] == []


def test_what_restores_is_right(tree, local):
    """It is applied beside the others, whose account, volume and Secret it uses."""
    job = of_kind(render(tree / "k8s/restore"), "Job")
    objects = local + job

    assert [problem for rules in RULES for problem in rules.check(objects)] == []
    images = {
        container["image"] for found in job for container in found["spec"]["template"]["spec"]["containers"]
    }
    assert images == {"postgres:" + tag_of(local, "postgres")}


def test_operators_know_the_kinds_that_are_for_them(tree):
    objects = render(with_components(tree, ["cloudnative-pg", "external-secrets", "gateway", "monitoring"]))

    assert schemas.of_operators(objects) == []
    theirs = {found["kind"] for found in objects if schemas.OF_OPERATORS.match(found["apiVersion"])}
    assert theirs == {
        *("Cluster", "ObjectStore", "Pooler", "ScheduledBackup"),
        *("ExternalSecret", "HTTPRoute", "PodMonitor", "PrometheusRule"),
    }


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
    objects = render(with_components(tree, ["exporters", "prometheus"]))
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    ours = {container["image"] for pod in all_pods(objects) for container in pod.containers}
    theirs = {re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"]) for service in compose.values()}
    assert {built(image) for image in ours} <= {built(image) for image in theirs}


def built(image: str) -> str:
    """Our own without a tag: a machine that builds them renews them under one name, a registry must not."""
    return image.split(":")[0] if image.startswith("bobbin/") else image


def test_rules_for_the_operator_are_those_of_prometheus(tmp_path):
    made = tmp_path / "rules.yaml"
    subprocess.run([ROOT / "scripts/k8s-rules.sh", made], check=True)

    kept = ROOT / "k8s/components/monitoring/prometheusrules.yaml"
    assert kept.read_text() == made.read_text(), "run scripts/k8s-rules.sh"


def test_prometheus_of_our_own_has_every_rule(tree):
    objects = render(with_components(tree, ["exporters", "prometheus"]))
    (server,) = [
        found for found in of_kind(objects, "StatefulSet") if found["metadata"]["name"] == "prometheus"
    ]
    sources = server["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]

    mounted = {item["key"] for source in sources for item in source["configMap"].get("items", [])}
    assert mounted == {path.name for path in (ROOT / "deploy/prometheus/rules").glob("*.yml")}


def test_every_dashboard_is_a_configmap_that_grafana_looks_for(production):
    found = of_kind(production, "ConfigMap")
    shown = {
        key
        for entry in found
        if entry["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
        for key in entry["data"]
    }

    assert shown == {path.name for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")}


def test_git_knows_no_secret(production):
    tracked = subprocess.run(["git", "ls-files", "k8s"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not [path for path in tracked.stdout.splitlines() if "/secrets/" in path]
    assert of_kind(production, "Secret") == []


def test_the_newest_web_reaches_no_limit_of_connections(production, local):
    """The sums of docs/scaling.md: change them there too."""
    assert connections.budget_of(local) == (46, 87, False, 0, 0)
    assert connections.budget_of(production) == (220, 1000, True, 124, 187)


def with_components(tree, components: list[str]):
    folder = tree / "k8s/overlays" / "-".join(["with", *components])
    folder.mkdir(exist_ok=True)
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
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
