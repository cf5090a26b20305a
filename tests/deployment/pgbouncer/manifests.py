"""Reads the manifests in k8s/: settings of the pooler, of its clients, and of migrations."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
COMPONENT = ROOT / "k8s/components/cloudnative-pg"


def _one(path: Path, kind: str) -> dict[str, Any]:
    (found,) = [entry for entry in yaml.safe_load_all(path.read_text()) if entry["kind"] == kind]
    return found


def pooler() -> dict[str, Any]:
    return _one(COMPONENT / "pooler.yaml", "Pooler")["spec"]["pgbouncer"]


def cluster() -> dict[str, Any]:
    return _one(COMPONENT / "cluster.yaml", "Cluster")["spec"]


def settings() -> dict[str, str]:
    """Return the settings of web and events from base and from the component."""
    (generator,) = _one(COMPONENT / "kustomization.yaml", "Component")["configMapGenerator"]
    lines = (ROOT / "k8s/base/web/settings.env").read_text().splitlines() + generator["literals"]
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def settings_of_migrations() -> dict[str, str]:
    """Return the settings of the migration Job, which uses no ConfigMap."""
    (container,) = _one(ROOT / "k8s/base/migrate/job.yaml", "Job")["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container["env"]}
