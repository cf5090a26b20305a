"""The cluster of a recovery reaches the object store and the operator, like the cluster `postgres`."""

import yaml

from tests.deployment.kubernetes.manifests.checks.rendering import ROOT, of_kind
from tests.deployment.kubernetes.manifests.checks.wiring import matches


def policies_of(cluster: str, objects: list[dict]) -> set[str]:
    labels = {"cnpg.io/cluster": cluster}
    found = of_kind(objects, "NetworkPolicy")
    return {policy["metadata"]["name"] for policy in found if matches(policy["spec"]["podSelector"], labels)}


def recovered() -> dict:
    return yaml.safe_load((ROOT / "k8s/restore/cloudnative-pg/cluster.yaml").read_text())


def test_recovered_cluster_has_the_policies_of_the_running_cluster(production):
    manifest = recovered()
    (running,) = of_kind(production, "Cluster")

    policies = policies_of(running["metadata"]["name"], production)
    assert policies_of(manifest["metadata"]["name"], production) == policies
    assert {"cloudnative-pg", "cloudnative-pg-operator"} < policies


def test_recovered_cluster_can_replay_the_log_of_the_running_cluster(production):
    (running,) = of_kind(production, "Cluster")
    (store,) = of_kind(production, "ObjectStore")
    (backups,) = (source["plugin"]["parameters"] for source in recovered()["spec"]["externalClusters"])

    assert backups == {
        "barmanObjectName": store["metadata"]["name"],
        "serverName": running["metadata"]["name"],
    }
    for name in ("imageName", "storage", "walStorage", "resources"):
        assert recovered()["spec"][name] == running["spec"][name]
    parameters = recovered()["spec"]["postgresql"]["parameters"]
    assert parameters.items() <= running["spec"]["postgresql"]["parameters"].items()
    assert "max_connections" in parameters
