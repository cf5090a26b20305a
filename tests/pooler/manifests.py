"""What k8s/ says of the pooler, of who is behind it, and of who goes past it."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPONENT = ROOT / "k8s/components/cloudnative-pg"


def _one(path: Path, kind: str) -> dict[str, Any]:
    (found,) = [entry for entry in yaml.safe_load_all(path.read_text()) if entry["kind"] == kind]
    return found


def pooler() -> dict[str, Any]:
    return _one(COMPONENT / "pooler.yaml", "Pooler")["spec"]["pgbouncer"]


def cluster() -> dict[str, Any]:
    return _one(COMPONENT / "cluster.yaml", "Cluster")["spec"]


def settings() -> dict[str, str]:
    """What the component tells web and events, beside base."""
    (generator,) = _one(COMPONENT / "kustomization.yaml", "Component")["configMapGenerator"]
    lines = (ROOT / "k8s/base/web/settings.env").read_text().splitlines() + generator["literals"]
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def settings_of_migrations() -> dict[str, str]:
    """What the Job is told; nothing of the above."""
    (container,) = _one(ROOT / "k8s/base/migrate/job.yaml", "Job")["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container["env"]}
