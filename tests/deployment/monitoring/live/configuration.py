"""The configuration of Prometheus and its rules for programs on this machine, with shorter durations."""

from pathlib import Path

import yaml

from tests.deployment.monitoring.durations import scaled
from tests.deployment.monitoring.rules import ROOT, RULES

# The name of the port of each scrape job. All others scrape the metrics process.
PORTS = {
    "bobbin-postgres": "postgres",
    "bobbin-redis": "redis",
    "bobbin-nginx": "nginx",
    "bobbin-node": "node",
    "bobbin-probe": "blackbox",
    "bobbin-prometheus": "prometheus",
}
PROBED = {"nginx:8080": "edge", "web:8000": "web", "events:8001": "events"}


def prometheus(ports: dict[str, int], folder: Path, alertmanager: int | None = None) -> str:
    """Return the configuration with an interval of one second; with Alertmanager, shorter waits too."""
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    settings["global"] |= dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), "1s")
    settings["rule_files"] = [str(RULES / "*.yml")]
    settings["alerting"]["alertmanagers"] = []
    if alertmanager:
        settings["alerting"]["alertmanagers"] = [_static(f"127.0.0.1:{alertmanager}")]
        settings["rule_files"] = [_scaled_rules(folder)]
    for job in settings["scrape_configs"]:
        _localize(job, ports)
    return yaml.safe_dump(settings)


def _scaled_rules(folder: Path) -> str:
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    for path in RULES.glob("*.yml"):
        (rules / path.name).write_text(scaled(path.read_text()))
    return str(rules / "*.yml")


def _localize(job: dict, ports: dict[str, int]) -> None:
    address = f"127.0.0.1:{ports[PORTS.get(job['job_name'], 'metrics')]}"
    job.pop("dns_sd_configs", None)
    if job.pop("file_sd_configs", None):  # The probes keep their labels.
        job["relabel_configs"][-1]["replacement"] = address
        job["static_configs"] = _probes(ports)
    else:
        job["static_configs"] = [{"targets": [address]}]


def _probes(ports: dict[str, int]) -> list[dict]:
    text = (ROOT / "deploy/prometheus/probes/compose.yml").read_text()
    for address, name in PROBED.items():
        text = text.replace(f"http://{address}", f"http://127.0.0.1:{ports[name]}")
    return yaml.safe_load(text)


def _static(address: str) -> dict:
    return {"static_configs": [{"targets": [address]}]}
