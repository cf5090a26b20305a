"""Each check finds a planted mistake and reports it with the expected text."""

from typing import NamedTuple

import pytest

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
from tests.deployment.kubernetes.manifests.checks.rendering import copy_of_the_tree, render


class Mistake(NamedTuple):
    file: str
    before: str
    after: str
    rules: object
    found: str
    overlay: str = "local"


MISTAKES = {
    "a wrong selector": Mistake(
        "k8s/base/web/service.yaml", "name: web}", "name: webb}", wiring, "Service web selects no pod"
    ),
    "a missing probe": Mistake(
        "k8s/base/redis/statefulset.yaml",
        "readinessProbe: {exec: *answers, periodSeconds: 10, timeoutSeconds: 5}",
        "terminationMessagePath: /tmp/said",
        pods,
        "redis has no readinessProbe",
    ),
    "a container of root": Mistake(
        "k8s/base/migrate/job.yaml", "runAsNonRoot: true", "runAsNonRoot: false", pods, "runs as root"
    ),
    "more workers than memory": Mistake(
        "k8s/base/web/settings.env", "WEB_WORKERS=2", "WEB_WORKERS=3", memory, "web may need 688 MiB"
    ),
    "a typo in a field": Mistake(
        "k8s/base/web/deployment.yaml", "minReadySeconds", "minReadySecond", schemas, "minReadySecond"
    ),
    "an unknown key in a rule": Mistake(
        "k8s/components/monitoring/prometheusrules.yaml",
        "- alert:",
        "- alerts:",
        schemas,
        "field alerts not found",
        "production",
    ),
    "a typo in a Cluster of CloudNativePG": Mistake(
        "k8s/components/cloudnative-pg/cluster.yaml",
        "postInitApplicationSQL",
        "postInitApplicationSql",
        schemas,
        "Cluster postgres: spec.bootstrap.initdb.postInitApplicationSql is no field",
        "production",
    ),
    "a typo in its Pooler": Mistake(
        "k8s/components/cloudnative-pg/pooler.yaml",
        "poolMode",
        "poolmode",
        schemas,
        "spec.pgbouncer.poolmode is no field",
        "production",
    ),
    "a value that CloudNativePG does not know": Mistake(
        "k8s/components/cloudnative-pg/pooler.yaml",
        "poolMode: transaction",
        "poolMode: transactions",
        schemas,
        "data/spec/pgbouncer/poolMode must be equal to one of the allowed values",
        "production",
    ),
    "a typo in where backups go": Mistake(
        "k8s/components/cloudnative-pg/backup.yaml",
        "wal: {compression: gzip}",
        "wal: {compress: gzip}",
        schemas,
        "ObjectStore postgres: spec.configuration.wal.compress is no field",
        "production",
    ),
    "a typo in what Prometheus asks": Mistake(
        "k8s/components/monitoring/podmonitor.yaml",
        "  selector:",
        "  selectors:",
        schemas,
        "spec.selectors is no field",
        "production",
    ),
    "a port that is not allowed": Mistake(
        "k8s/components/network-policies/redis.yaml",
        "port: redis",
        "port: 6380",
        network,
        "nobody may reach port redis of StatefulSet redis",
    ),
    "a missing setting": Mistake(
        "k8s/overlays/local/kustomization.yaml",
        "- ALLOWED_HOSTS=localhost,127.0.0.1,[::1]",
        "- LOG_LEVEL=INFO",
        settings,
        "set ALLOWED_HOSTS to host names",
    ),
    "a setting that nobody reads": Mistake(
        "k8s/base/web/settings.env",
        "PROXY_COUNT",
        "PROXIES_COUNT",
        settings,
        "nothing reads the setting PROXIES_COUNT",
    ),
    "too many connections": Mistake(
        "k8s/components/autoscaling/horizontalpodautoscaler.yaml",
        "maxReplicas: 10",
        "maxReplicas: 100",
        connections,
        "1168 connections are wanted, the pooler gives 1000",
        "production",
    ),
    "an image without a version": Mistake(
        "k8s/base/kustomization.yaml",
        "newTag: 18-trixie",
        "newTag: latest",
        pods,
        "an image without a version",
    ),
    "a secret in clear": Mistake(
        "k8s/base/web/settings.env",
        "SECRET_KEY_FILE=/run/secrets/secret_key",
        "SECRET_KEY=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        wiring,
        "has SECRET_KEY in clear",
    ),
    "a key that the Secret does not have": Mistake(
        "k8s/base/web/deployment.yaml", "key: redis_url", "key: redis-url", wiring, "which has none"
    ),
    "a probe that PostgreSQL can fail": Mistake(
        "k8s/base/web/deployment.yaml",
        "livenessProbe:\n            httpGet: {path: /healthz",
        "livenessProbe:\n            httpGet: {path: /readyz",
        pods,
        "a restart does not mend that",
    ),
    "a probe that is redirected": Mistake(
        "k8s/base/web/deployment.yaml",
        "path: /readyz",
        "path: /chats/",
        settings,
        "/chats/ answers the kubelet with",
    ),
    "a proxy that nginx does not trust": Mistake(
        "k8s/components/ingress/kustomization.yaml",
        "TRUSTED_PROXY=10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7",
        "TRUSTED_PROXY=127.0.0.1",
        settings,
        "TRUSTED_PROXY does not contain the proxy",
        "production",
    ),
    "a scaler that measures all containers": Mistake(
        "k8s/components/autoscaling/horizontalpodautoscaler.yaml",
        "- type: ContainerResource\n      containerResource:\n        container: web\n",
        "- type: Resource\n      resource:\n",
        wiring,
        "measures the sum of all containers",
        "production",
    ),
    "a typo in a ScaledObject": Mistake(
        "k8s/components/autoscaling-streams/scaledobjects.yaml",
        "stabilizationWindowSeconds",
        "stabilisationWindowSeconds",
        schemas,
        "scaleUp.stabilisationWindowSeconds is no field",
        "production",
    ),
    "a number of replicas beside an autoscaler": Mistake(
        "k8s/components/autoscaling-streams/kustomization.yaml",
        "name: events|nginx",
        "name: nginx",
        wiring,
        "Deployment events has replicas, which ScaledObject events sets",
        "production",
    ),
    "more streams of events than of nginx": Mistake(
        "k8s/components/autoscaling-streams/scaledobjects.yaml",
        "maxReplicaCount: 5",
        "maxReplicaCount: 4",
        streams,
        "events accepts 10000 streams, nginx 8000",
        "production",
    ),
    "an autoscaler that waits for a full pod": Mistake(
        "k8s/components/autoscaling-streams/scaledobjects.yaml",
        'threshold: "700"',
        'threshold: "1000"',
        streams,
        "ScaledObject events adds a pod at 1000 streams",
        "production",
    ),
    "a Job of another release": Mistake(
        "k8s/base/kustomization.yaml",
        "value: migrate-",
        "value: migrate-old-",
        wiring,
        "is not named after",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_planted_mistake_is_found(mistake, tmp_path):
    tree = copy_of_the_tree(tmp_path)
    file = tree / mistake.file
    assert mistake.before in file.read_text()
    file.write_text(file.read_text().replace(mistake.before, mistake.after))

    said = mistake.rules.check(render(tree / "k8s/overlays" / mistake.overlay))

    assert mistake.found in "\n".join(said)
